"""The messages of the simulator by email, as rows of the list and as content for a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.console.source import SourceError
from amsdal_mail.console.values import Content, Copy, Email, File, Notice, Part, Table
from local.ses.mime import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local.ses.messages import Json, KeptMessage, Message, Messages

__all__ = ["Mailbox", "email_id_of"]

STRANGER = "ses-"
"""The id of an email that was sent past the service begins so. The MessageId of SES follows."""
EMAIL_ID_TAG = "email_id"
MAX_SOURCE_BYTES = 200_000
WORDS_LIMIT = 20_000
"""Characters of the text of a message that a search looks in."""
NOT_SENT = "SES has accepted no message of this email."
SES_TAGS = "SES message tags"


def email_id_of(message: Message) -> str:
    """Return the id that the stack put on the message as a tag, or the id of a stranger's."""
    return next(iter(message.tags.get(EMAIL_ID_TAG, ())), None) or f"{STRANGER}{message.id}"


class Mailbox:
    """Finds the messages of an email. An index is made when messages came."""

    def __init__(self, messages: Messages, tracking_url: str) -> None:
        self._messages = messages
        self._pixels = f"{tracking_url}/I0/"
        self._index: dict[str, list[KeptMessage]] = {}
        self._indexed: tuple[int, str] = (0, "")
        self._words: dict[str, str] = {}

    def newest_first(self) -> Iterator[list[KeptMessage]]:
        """Yield the messages of each email, the email with the newest message first."""
        yield from self._by_email().values()

    def messages(self, email_id: str) -> list[KeptMessage]:
        """Return the messages of an email, newest first."""
        return self._by_email().get(email_id, [])

    def chosen(self, email_id: str, message_id: str | None) -> KeptMessage | None:
        """Return the message of that id, or the first one; None without a message."""
        messages = self.messages(email_id)
        named = (kept for kept in messages if kept.message.id == message_id)
        return next(named, messages[-1] if messages else None)

    def email(self, messages: list[KeptMessage]) -> Email:
        """Return the row of an email that only the simulator knows."""
        first = messages[-1].message
        addresses = tuple(dict.fromkeys(a for kept in messages for a in kept.message.destinations))
        return Email(
            email_id_of(first), first.accepted_at, first.source, first.listed_subject or "",
            "accepted", addresses[:3], len(addresses), template=first.template,
            is_sensitive=first.is_sensitive,
        )  # fmt: skip

    def words(self, email_id: str) -> str:
        """Return subject, text and tags of the messages, for a search."""
        return "\n".join(self._words_of(kept.message) for kept in self.messages(email_id))

    def content(self, email_id: str, message_id: str | None) -> Content:
        """Return the content of a message of the email."""
        kept = self.chosen(email_id, message_id)
        if kept is None:
            return Content(missing=NOT_SENT)
        message = kept.message
        parts = read.read_message(message.mime) if message.mime else {}
        tables: tuple[Table, ...] = ()
        if parts:
            fields = tuple((row["name"], row["value"]) for row in parts["headers"])
            tables = (Table("Header fields", fields), Table(SES_TAGS, tuple(_tags(message))))
        return Content(
            missing=None if parts else "The message was not rendered.",
            subject=message.subject,
            sender=message.source,
            to=message.to,
            cc=message.cc,
            bcc=message.bcc,
            text=parts.get("text"),
            html=parts.get("html"),
            files=tuple(map(_file, parts.get("attachments", ()))),
            tables=tables,
            source=_source(message.mime) if message.mime else None,
            is_source_truncated=len(message.mime) > MAX_SOURCE_BYTES,
            is_sensitive=message.is_sensitive,
            notices=tuple(_notices(message)),
            message_id=message.id,
            copies=tuple(_copies(self.messages(email_id))),
            template=message.template,
            ids=tuple(_ids(message)),
            sent_at=message.accepted_at,
            destinations=message.destinations,
            image_sources=(self._pixels,),
        )

    def part(self, email_id: str, message_id: str | None, number: int) -> Part:
        """Return a file of a message. Raises SourceError."""
        message = self._message(email_id, message_id)
        leaves = list(read.leaf_parts(read.parse_mime(message.mime)))
        rows = read.read_message(message.mime)["attachments"]
        row = next((row for row in rows if row["part"] == number), None)
        if row is None:
            raise SourceError("The message has no part with this number.", status=404)
        content = read.decoded_payload(leaves[number])
        return Part(content, row["content_type"], row["filename"] or f"part-{number}")

    def raw(self, email_id: str, message_id: str | None) -> Part:
        """Return the MIME of a message. Raises SourceError."""
        message = self._message(email_id, message_id)
        return Part(message.mime, "message/rfc822", f"{message.id}.eml")

    def _message(self, email_id: str, message_id: str | None) -> Message:
        kept = self.chosen(email_id, message_id)
        if kept is None:
            raise SourceError(NOT_SENT, status=404)
        return kept.message

    def _by_email(self) -> dict[str, list[KeptMessage]]:
        messages = self._messages.newest_first()
        state = (len(messages), messages[0].message.id if messages else "")
        if state != self._indexed:
            self._indexed, self._index = state, {}
            for kept in messages:
                self._index.setdefault(email_id_of(kept.message), []).append(kept)
            known = {kept.message.id for kept in messages}
            self._words = {key: text for key, text in self._words.items() if key in known}
        return self._index

    def _words_of(self, message: Message) -> str:
        if message.id not in self._words:
            tags = (f"{name}={','.join(values)}" for name, values in message.tags.items())
            texts = [message.id, message.source, *message.destinations, *tags]
            if not message.is_sensitive and message.mime:
                parts = read.read_message(message.mime)
                texts += [message.subject or "", parts["text"] or "", parts["html"] or ""]
            self._words[message.id] = "\n".join(text[:WORDS_LIMIT] for text in texts)
        return self._words[message.id]


def _file(row: Json) -> File:
    name, kind = row["filename"], row["content_type"]
    return File(row["part"], name, kind, row["size"], row["content_id"])


def _source(mime: bytes) -> str:
    return mime[:MAX_SOURCE_BYTES].decode("utf-8", "replace")


def _tags(message: Message) -> Iterable[tuple[str, str]]:
    return ((name, ", ".join(values)) for name, values in message.tags.items())


def _notices(message: Message) -> Iterator[Notice]:
    if message.rendering_failure:
        text = f"{message.rendering_failure} SES accepted the message and sent nothing."
        yield Notice("Rendering failure.", text, "bad")


def _copies(messages: list[KeptMessage]) -> Iterator[Copy]:
    for kept in reversed(messages):
        yield Copy(kept.message.id, ", ".join(kept.message.destinations[:3]))


def _ids(message: Message) -> Iterator[tuple[str, str]]:
    yield "SES MessageId", message.id
    if message.configuration_set:
        yield "configuration set", message.configuration_set
    yield "operation", message.operation
