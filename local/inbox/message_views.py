"""The views of a message: HTML, text, headers, source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.ses.mime import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.ses.messages import Message

__all__ = ["OpenedMessage", "open_message", "read_part"]

VIEWS = {"html": "HTML", "text": "Text", "headers": "Headers", "source": "Source"}
MAX_SOURCE_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """A message with its parts decoded. `views` are the views that have content."""

    message: Message
    text: str | None = None
    html: str | None = None
    headers: list[dict[str, str]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def views(self) -> dict[str, str]:
        """Return titles by name, in their order."""
        missing = {"html": self.html is None, "text": self.text is None}
        return {name: title for name, title in VIEWS.items() if not missing.get(name)}

    def view(self, name: str) -> str:
        """Return `name` if the message has this view, else its first view."""
        return name if name in self.views else next(iter(self.views))

    @property
    def source(self) -> str:
        """Return the MIME, truncated to 200,000 bytes."""
        return self.message.mime[:MAX_SOURCE_BYTES].decode("utf-8", "replace")

    @property
    def is_truncated(self) -> bool:
        """Return whether `source` is truncated."""
        return len(self.message.mime) > MAX_SOURCE_BYTES

    def inline_images(self) -> dict[str, str]:
        """Return the URLs of the parts that the HTML names by `cid:`."""
        return dict(self._inline())

    def _inline(self) -> Iterator[tuple[str, str]]:
        for attachment in self.attachments:
            if content_id := attachment["content_id"]:
                yield content_id, f"/messages/{self.message.id}/parts/{attachment['part']}"


def open_message(message: Message) -> OpenedMessage:
    """Read the MIME of a message. A message that could not be rendered has no MIME."""
    parts = read.read_message(message.mime) if message.mime else {}
    return OpenedMessage(message, **parts)


def read_part(message: Message, number: int) -> tuple[bytes, str, str] | None:
    """Return content, media type and file name of a part, None without such a part."""
    attachments = {row["part"]: row for row in open_message(message).attachments}
    if number not in attachments:
        return None
    attachment = attachments[number]
    leaf = list(read.leaf_parts(read.parse_mime(message.mime)))[number]
    name = attachment["filename"] or f"part-{number}"
    return read.decoded_payload(leaf), attachment["content_type"], name
