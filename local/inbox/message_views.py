"""The ways to look at one message: rendered, as text, its headers, its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.ses.mime import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.ses.messages import Message

VIEWS = {"html": "HTML", "text": "Text", "headers": "Headers", "source": "Source"}
SOURCE_LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """A message read for people; `views` are the ones that have something to show."""

    message: Message
    text: str | None = None
    html: str | None = None
    headers: list[dict[str, str]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def views(self) -> dict[str, str]:
        """Names and titles, in their order."""
        missing = {"html": self.html is None, "text": self.text is None}
        return {name: title for name, title in VIEWS.items() if not missing.get(name)}

    def view(self, wanted: str) -> str:
        """The wanted view if there is one, else the first."""
        return wanted if wanted in self.views else next(iter(self.views))

    @property
    def source(self) -> str:
        """The MIME, cut where it would be too long for a page."""
        return self.message.mime[:SOURCE_LIMIT].decode("utf-8", "replace")

    @property
    def is_cut(self) -> bool:
        """Whether `source` is not all of it."""
        return len(self.message.mime) > SOURCE_LIMIT

    def inline_images(self) -> dict[str, str]:
        """The addresses of the parts that the HTML names by `cid:`."""
        return dict(self._inline())

    def _inline(self) -> Iterator[tuple[str, str]]:
        for one in self.attachments:
            if one["content_id"]:
                yield one["content_id"], f"/messages/{self.message.id}/parts/{one['part']}"


def open_message(message: Message) -> OpenedMessage:
    """Read a message's MIME; one that could not be rendered has none."""
    return (
        OpenedMessage(message, **read.read_message(message.mime))
        if message.mime
        else OpenedMessage(message)
    )


def read_part(message: Message, number: int) -> tuple[bytes, str, str] | None:
    """Content, media type and file name of one part; None without such a part."""
    found = [one for one in open_message(message).attachments if one["part"] == number]
    if not found:
        return None
    leaf = list(read.leaf_parts(read.parse_mime(message.mime)))[number]
    name = found[0]["filename"] or f"part-{number}"
    return read.decoded_payload(leaf), found[0]["content_type"], name
