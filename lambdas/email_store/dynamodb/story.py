"""What SES said of an event, packed so that it fits into an item: most into one write unit."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from email_store.records import EventRecord

__all__ = ["packed_story", "read_story"]

STORY_LIMIT = 300 * 1024
"""Bytes, compressed: an item takes 400 KB."""

Story = dict[str, Any]
NOTHING_FITS: Story = {"details": {}, "raw": {}, "is_cut": True}


def packed_story(event: EventRecord) -> bytes:
    """Pack details and raw event; of what is too large for an item the raw event goes first."""
    whole: Story = {"details": event.details, "raw": event.raw}
    short: Story = whole | {"raw": {}, "is_cut": True}
    packed = map(_packed, (whole, short))
    return next((one for one in packed if len(one) <= STORY_LIMIT), _packed(NOTHING_FITS))


def read_story(packed: bytes) -> Mapping[str, Any]:
    """Read what was packed, as fields of an EventRecord."""
    story: Story = json.loads(zlib.decompress(packed))
    return story


def _packed(story: Story) -> bytes:
    text = json.dumps(story, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode(errors="surrogatepass"), level=9)
