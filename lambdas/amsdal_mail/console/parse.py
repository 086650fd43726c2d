"""Reads the JSON of the service's API into the values of the pages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from amsdal_mail.console.values import (
    Content,
    Email,
    EmailPage,
    Event,
    File,
    Recipient,
    Story,
    Suppression,
    SuppressionPage,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amsdal_mail.console.values import Json

__all__ = ["content", "email", "email_page", "moment", "story", "suppression_page"]


def moment(text: str | None) -> datetime | None:
    """Return a time of the API, None without one."""
    return datetime.fromisoformat(text) if text else None


def email(row: Json) -> Email:
    """Return an email of `GET /emails`."""
    asked = row.get("recipient")
    addresses = [asked["address"]] if asked else row["recipients"]
    return Email(
        row["email_id"],
        datetime.fromisoformat(row["created_at"]),
        row["from_email"],
        row["subject"],
        asked["state"] if asked else row["state"],
        tuple(addresses),
        1 if asked else row["recipient_count"],
        row["counts"],
        tuple(row["tags"]),
        row["metadata"],
        row["template_id"],
        row["stream"],
        row["sensitive"],
        moment(row["send_at"]),
    )


def email_page(document: Json) -> EmailPage:
    """Return a page of `GET /emails`."""
    searched = document.get("searched") or {}
    start, end = moment(searched.get("from")), moment(searched.get("to"))
    window = (start, end) if start and end else None
    return EmailPage(tuple(map(email, document["emails"])), document["next_cursor"], window)


def story(document: Json) -> Story:
    """Return the response of `GET /emails/{email_id}` as a story."""
    recipients = (
        Recipient(
            row["address"],
            row["state"],
            row["error_message"] or row["error_code"],
            row.get("message_id"),
        )
        for row in document["recipients"]
    )
    return Story(
        document["email_id"],
        document["state"],
        tuple(recipients),
        tuple(map(_event, document["timeline"])),
        _record(document),
        document.get("counts", {}),
        recipients_next=document.get("recipients_next"),
        is_truncated=document.get("is_truncated", False),
    )


def _record(document: Json) -> Mapping[str, Any]:
    """Return the email's record, with what the document has beside it."""
    more = {
        name: document[name]
        for name in ("resent_from", "template_version", "has_content")
        if document.get(name) is not None
    }
    return {**(document.get("email") or {}), **more}


def _event(row: Json) -> Event:
    return Event(
        datetime.fromisoformat(row["at"]),
        row["kind"],
        row["recipient"],
        row["message_id"],
        row["details"],
    )


def content(document: Json) -> Content:
    """Return the response of `GET /emails/{email_id}/content`."""
    message = document["message"]
    files = (
        File(number, row["filename"], row["content_type"], row["size"], row["content_id"])
        for number, row in enumerate(document["attachments"])
    )
    return Content(
        subject=message.get("subject"),
        sender=message.get("from_email"),
        to=tuple(message.get("to", ())),
        cc=tuple(message.get("cc", ())),
        bcc=tuple(message.get("bcc", ())),
        text=message.get("body"),
        html=message.get("html_body"),
        files=tuple(files),
        tables=tuple(_tables(message)),
        template=message.get("template_id"),
        expires_at=moment(document.get("expires_at")),
    )


ADDRESS_FIELDS = (("From", "from_email"), ("To", "to"), ("Cc", "cc"), ("Bcc", "bcc"),
                  ("Reply-To", "reply_to"), ("Subject", "subject"))  # fmt: skip


def _tables(message: Json) -> list[Table]:
    fields = [(title, _text(message[name])) for title, name in ADDRESS_FIELDS if message.get(name)]
    headers = [(name, _text(value)) for name, value in (message.get("headers") or {}).items()]
    tables = [Table("Header fields", tuple(fields + headers))]
    if merge_data := message.get("merge_data"):
        rows = ((address, _text(values)) for address, values in merge_data.items())
        tables.append(Table("Merge data", tuple(rows)))
    return tables


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} = {_text(entry)}" for name, entry in value.items())
    return str(value)


def suppression_page(document: Json) -> SuppressionPage:
    """Return a page of `GET /suppressions`."""
    entries = (
        Suppression(
            row["address"], row["reason"], datetime.fromisoformat(row["at"]), row["email_id"]
        )
        for row in document["suppressions"]
    )
    return SuppressionPage(tuple(entries), document["next_cursor"])
