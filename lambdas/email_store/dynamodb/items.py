"""The table's items: keys, and every record as an item and back. Pure, no call is made here.

pk=EMAIL#<email_id>       sk=EMAIL | CHUNK#<number> | RECIPIENT#<address> | EVENT#<time>#<event id>
pk=SUPPRESSION#<address>  sk=SUPPRESSION

`recipient` and `at` together put an item into the index by recipient: only RECIPIENT items have
both, so that the index holds no events.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import Results, SendUnit, UnitState, epoch_seconds, queued
from email_store.dynamodb.story import packed_story, read_story
from email_store.records import EmailRecord, EventRecord, RecipientRecord, Suppression
from email_store.states import EmailState
from email_store.truncate import first_errors, truncate

Item = dict[str, Any]

EMAIL = "EMAIL"
CHUNK = "CHUNK#"
RECIPIENT = "RECIPIENT#"
EVENT = "EVENT#"
SUPPRESSION = "SUPPRESSION"

CODE_LIMIT = 200
TEXT_LIMIT = 1_000
"""Bytes of an error's code and text: AWS's are short, another server's may have any length. Fifty
recipients stand in one item."""

PARTS = (CHUNK, EMAIL)
"""The sort keys between which an email and its chunks stand."""
RECIPIENTS = (RECIPIENT, "RECIPIENT$")
"""The sort keys between which the recipients stand: $ is the next character after #."""


def email_partition(email_id: str) -> str:
    """Name the partition that holds everything of one email."""
    return f"EMAIL#{email_id}"


def part_key(part: SendUnit) -> Item:
    """Name the item of an email, or of one chunk of it."""
    sort_key = EMAIL if part.chunk is None else f"{CHUNK}{part.chunk:04d}"
    return {"pk": email_partition(part.email_id), "sk": sort_key}


def recipient_key(email_id: str, address: str) -> Item:
    """Name the item of one recipient."""
    return {"pk": email_partition(email_id), "sk": f"{RECIPIENT}{address}"}


def event_key(event: EventRecord) -> Item:
    """Name the item of one event: events stand in the order of time."""
    sort_key = f"{EVENT}{event.at.isoformat()}#{event.event_id}"
    return {"pk": email_partition(event.email_id), "sk": sort_key}


def suppression_key(address: str) -> Item:
    """Name the item of an address that gets no more mail, whatever its letter case."""
    return {"pk": f"{SUPPRESSION}#{address.lower()}", "sk": SUPPRESSION}


def expiry(now: datetime, retention: timedelta) -> int:
    """Say when DynamoDB may delete an item: epoch seconds, the only unit its TTL knows."""
    return int((now + retention).timestamp())


def new_part(record: EmailRecord, addresses: Collection[str]) -> Item:
    """Write a part that nobody has claimed yet."""
    return {
        "fingerprint": record.fingerprint,
        "created_at": record.created_at.isoformat(),
        "results": _results(queued(addresses)),
        "attempt": 0,
        "lease_until": 0,
        "is_settled": False,
    }


def lease(now: datetime, seconds: int, lease_id: str) -> Item:
    """Write a lease: until when it lasts, and the id by which its holder knows it again."""
    return {"lease_until": epoch_seconds(now) + seconds, "lease_id": lease_id}


def _results(results: Results) -> Item:
    return {address: _result(status) for address, status in results.items()}


def _result(status: RecipientStatus) -> Item:
    return _without_none(
        {
            "state": status.state.value,
            "message_id": status.message_id,
            "error_code": _cut(status.error_code, CODE_LIMIT),
            "error_message": _cut(status.error_message, TEXT_LIMIT),
            "retry": status.retry.value,
        }
    )


def given_back(results: Results, *, lease_until: int = 0, is_settled: bool = False) -> Item:
    """Write what changes in a part when its lease is given back."""
    return {"results": _results(results), "lease_until": lease_until, "is_settled": is_settled}


def read_part(item: Mapping[str, Any]) -> UnitState:
    """Read a part."""
    return UnitState(
        fingerprint=item["fingerprint"],
        results={address: _read_result(address, one) for address, one in item["results"].items()},
        created_at=datetime.fromisoformat(item["created_at"]),
        attempt=int(item["attempt"]),
        lease_until=int(item["lease_until"]),
        is_settled=item["is_settled"],
    )


def _read_result(address: str, item: Mapping[str, Any]) -> RecipientStatus:
    return RecipientStatus(
        address,
        SendState(item["state"]),
        item.get("message_id"),
        item.get("error_code"),
        item.get("error_message"),
        RetryHint(item["retry"]),
    )


def email_item(record: EmailRecord) -> Item:
    """Write what is kept of an email itself, beside its part."""
    return _without_none(
        {
            "email_id": record.email_id,
            "from_email": record.from_email,
            "subject": record.subject,
            "template_id": record.template_id,
            "tags": list(record.tags),
            "metadata": dict(record.metadata),
            "recipient_count": record.recipient_count,
            "chunk_count": record.chunk_count,
            "errors": [
                {"field": error.field, "rule": error.rule} for error in first_errors(record.errors)
            ],
        }
    )


def read_email(item: Mapping[str, Any]) -> EmailRecord:
    """Read what is kept of an email itself."""
    return EmailRecord(
        email_id=item["email_id"],
        fingerprint=item["fingerprint"],
        created_at=datetime.fromisoformat(item["created_at"]),
        from_email=item["from_email"],
        subject=item["subject"],
        template_id=item.get("template_id"),
        tags=tuple(item["tags"]),
        metadata=item["metadata"],
        recipient_count=int(item["recipient_count"]),
        chunk_count=int(item["chunk_count"]),
        errors=tuple(FieldError(one["field"], one["rule"]) for one in item["errors"]),
    )


def recipient_item(recipient: RecipientRecord) -> Item:
    """Write how far SES's events brought a recipient."""
    return _without_none(
        {
            **recipient_key(recipient.email_id, recipient.address),
            "email_id": recipient.email_id,
            "recipient": recipient.address,
            "state": recipient.state.value,
            "rank": recipient.state.rank,
            "at": recipient.at.isoformat(),
            "message_id": recipient.message_id,
            "error_code": _cut(recipient.error_code, CODE_LIMIT),
            "error_message": _cut(recipient.error_message, TEXT_LIMIT),
        }
    )


def read_recipient(item: Mapping[str, Any]) -> RecipientRecord:
    """Read how far SES's events brought a recipient."""
    return RecipientRecord(
        email_id=item["email_id"],
        address=item["recipient"],
        state=EmailState(item["state"]),
        at=datetime.fromisoformat(item["at"]),
        message_id=item["message_id"],
        error_code=item.get("error_code"),
        error_message=item.get("error_message"),
    )


def event_item(event: EventRecord) -> Item:
    """Write one event. Its key holds id and time; what SES said, as JSON, is compressed.

    DynamoDB bills a write by the KB, and most events fit into one only so.
    """
    return _without_none(
        {
            **event_key(event),
            "kind": event.kind,
            "message_id": event.message_id,
            "address": event.recipient,
            "story": packed_story(event),
        }
    )


def read_event(item: Mapping[str, Any]) -> EventRecord:
    """Read one event."""
    at, _, event_id = item["sk"].removeprefix(EVENT).partition("#")
    return EventRecord(
        email_id=item["pk"].removeprefix(email_partition("")),
        event_id=event_id,
        kind=item["kind"],
        at=datetime.fromisoformat(at),
        message_id=item["message_id"],
        recipient=item.get("address"),
        **read_story(bytes(item["story"])),
    )


def suppression_item(suppression: Suppression) -> Item:
    """Write an address that gets no more mail."""
    return _without_none(
        {
            **suppression_key(suppression.address),
            "address": suppression.address,
            "reason": suppression.reason,
            "at": suppression.at.isoformat(),
            "email_id": suppression.email_id,
        }
    )


def _cut(text: str | None, limit: int) -> str | None:
    return None if text is None else truncate(text, limit)


def read_suppression(item: Mapping[str, Any]) -> Suppression:
    """Read an address that gets no more mail."""
    return Suppression(
        address=item["address"],
        reason=item["reason"],
        at=datetime.fromisoformat(item["at"]),
        email_id=item.get("email_id"),
    )


def _without_none(item: Item) -> Item:
    return {name: value for name, value in item.items() if value is not None}
