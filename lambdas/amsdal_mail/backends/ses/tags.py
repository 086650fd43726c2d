"""Tags and metadata as SES message tags.

SES takes letters, digits, `_` and `-` in a name, and `.` and `@` too in a value. Metadata is
first sent as `metadata:key`; where SES refuses a spelling, every tag is written again in its
alphabet, and the connection keeps to that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from amsdal_mail.limits import TAG_LENGTH_LIMIT
from amsdal_mail.message import EmailMessage

__all__ = ["message_tags", "respelled", "tag_parameters"]

NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")
NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9_.@-]")

Tags = dict[str, str]


def message_tags(message: EmailMessage, prefix: str, extra: Mapping[str, str]) -> Tags:
    """List the tags of a message: `tag=true`, `<prefix>key=value`, and the sender's own."""
    tags = dict.fromkeys(message.tags, "true")
    tags |= {f"{prefix}{key}": value for key, value in message.metadata.items()}
    return tags | dict(extra)


def respelled(tags: Tags) -> Tags:
    """Write the tags in SES's alphabet. Of two that become one name, the first stays."""
    spelt: Tags = {}
    for name, value in tags.items():
        name_spelt = NOT_IN_NAME.sub("_", name)[:TAG_LENGTH_LIMIT]
        spelt.setdefault(name_spelt, NOT_IN_VALUE.sub("_", value))
    return spelt


def tag_parameters(tags: Tags) -> list[dict[str, str]]:
    """Write the tags as the SESv2 API takes them."""
    return [{"Name": name, "Value": value} for name, value in tags.items()]
