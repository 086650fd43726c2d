"""Unit items: emails and their chunks as items of the table, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from amsdal_mail.stream import Stream
from email_store.claims import SendUnit, UnitState, epoch_seconds
from email_store.dynamodb.table import email_key, truncated, without_none
from email_store.records import EmailRecord, KeptContent
from email_store.truncate import first_errors

if TYPE_CHECKING:
    from amsdal_mail.message.stored_request import StoredContent
    from email_store.claims import Results
    from email_store.dynamodb.table import Attributes, Item

__all__ = [
    "CHUNK",
    "CHUNKS",
    "email_item",
    "kept_item",
    "read_email",
    "read_unit",
    "result_items",
    "unit_key",
]

EMAIL = "EMAIL"
CHUNK = "CHUNK#"
CHUNKS = (CHUNK, "CHUNK$")
"""The first and last sort key of the chunks: $ is the next character after #."""

CODE_LIMIT = 200
TEXT_LIMIT = 1_000
"""Bytes of an error's code and text: one item holds the results of 50 recipients."""


def unit_key(unit: SendUnit) -> Item:
    """Return the key of an email, or of one chunk of it."""
    sort_key = EMAIL if unit.chunk is None else f"{CHUNK}{unit.chunk:04d}"
    return email_key(unit.email_id, sort_key)


def result_items(results: Results) -> Item:
    """Return the results by address, as the item of their unit holds them."""
    return {
        address: without_none(
            {
                "state": status.state.value,
                "message_id": status.message_id,
                "error_code": truncated(status.error_code, CODE_LIMIT),
                "error_message": truncated(status.error_message, TEXT_LIMIT),
                "retry": status.retry.value,
            }
        )
        for address, status in results.items()
    }


def read_unit(item: Attributes) -> UnitState:
    """Return the state of a unit."""
    results = {
        address: RecipientStatus(
            address,
            SendState(result["state"]),
            result.get("message_id"),
            result.get("error_code"),
            result.get("error_message"),
            RetryHint(result["retry"]),
        )
        for address, result in item["results"].items()
    }
    return UnitState(
        fingerprint=item["fingerprint"],
        results=results,
        created_at=datetime.fromisoformat(item["created_at"]),
        attempt=int(item["attempt"]),
        lease_until=int(item["lease_until"]),
        is_settled=item["is_settled"],
        is_canceled=item.get("is_canceled", False),
        send_at=_moment(item.get("send_at")),
        generation=int(item.get("generation", 0)),
        expires_at=_moment(item.get("valid_until")),
        content=_content(item.get("content")),
        recipient_count=int(item.get("recipient_count", 0)),
        stream=Stream(item.get("stream", Stream.TRANSACTIONAL)),
        erased=tuple(item.get("erased", ())),
        kept=_kept(item),
    )


def kept_item(kept: KeptContent | None) -> Item:
    """Return the attributes that say where the message of an email is kept."""
    if kept is None:
        return {}
    return {"content_key": kept.key, "content_until": epoch_seconds(kept.until)}


def email_item(record: EmailRecord) -> Item:
    """Return the attributes of an email record, which the item of its unit has too."""
    errors = first_errors(record.errors) if record.errors else ()
    return without_none(
        {
            "email_id": record.email_id,
            "from_email": record.from_email,
            "subject": record.subject,
            "template_id": record.template_id,
            "tags": list(record.tags),
            "metadata": dict(record.metadata),
            "recipient_count": record.recipient_count,
            "is_sensitive": record.is_sensitive,
            "chunk_count": record.chunk_count,
            "copies": list(record.copies) or None,
            "stream": record.stream.value,
            "errors": [{"field": error.field, "rule": error.rule} for error in errors],
            "send_at": epoch_seconds(record.send_at) if record.send_at else None,
            "generation": 1 if record.send_at else None,
            "content": record.content._asdict() if record.content else None,
            # `expires_at` is when DynamoDB deletes the item.
            "valid_until": epoch_seconds(record.expires_at) if record.expires_at else None,
            "resent_from": record.resent_from,
        }
    )


def read_email(item: Attributes) -> EmailRecord:
    """Return the email record of an item."""
    return EmailRecord(
        email_id=item["email_id"],
        fingerprint=item["fingerprint"],
        created_at=datetime.fromisoformat(item["created_at"]),
        from_email=item["from_email"],
        subject=item["subject"],
        template_id=item.get("template_id"),
        template_version=item.get("template_version"),
        tags=tuple(item["tags"]),
        metadata=item["metadata"],
        recipient_count=int(item["recipient_count"]),
        is_sensitive=item.get("is_sensitive", False),
        chunk_count=int(item["chunk_count"]),
        copies=tuple(item.get("copies", ())),
        stream=Stream(item.get("stream", Stream.TRANSACTIONAL)),
        errors=tuple(FieldError(error["field"], error["rule"]) for error in item["errors"]),
        send_at=_moment(item.get("send_at")),
        expires_at=_moment(item.get("valid_until")),
        is_scheduled="send_at" in item and not item["attempt"] and not item["is_settled"],
        is_canceled=item.get("is_canceled", False),
        kept=_kept(item),
        resent_from=item.get("resent_from"),
        erased=tuple(item.get("erased", ())),
    )


def _kept(item: Attributes) -> KeptContent | None:
    until = _moment(item.get("content_until"))
    return KeptContent(item["content_key"], until) if until and "content_key" in item else None


def _moment(seconds: Any) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


def _content(item: Any) -> StoredContent | None:
    if item is None:
        return None
    # It needs pydantic, which the tracking function does without.
    from amsdal_mail.message.stored_request import StoredContent

    return StoredContent(item["key"], int(item["size"]), item["etag"])
