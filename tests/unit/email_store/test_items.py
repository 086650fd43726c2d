"""Items stay under DynamoDB's 400 KB, whatever SES, other servers and clients write."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from amsdal_mail.exceptions import FieldError
from amsdal_mail.status import RecipientStatus, SendState
from email_store.dynamodb.events import event_item, read_event, recipient_item
from email_store.dynamodb.table import ItemUpdate, Table
from email_store.dynamodb.unit_items import email_item, result_items
from email_store.records import EmailRecord, EventRecord, RecipientRecord
from email_store.states import EmailState
from email_store.store import RecordTooLargeError, StoreError

NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
LIMIT = 400 * 1024
LONG = "ж" * 5_000
NOISE = random.Random(1).randbytes(600_000).hex()
"""Text that cannot be compressed below 600 KB."""


def size(item: Any) -> int:
    return len(json.dumps(item, ensure_ascii=False, default=lambda raw: raw.hex()[::2]).encode())


def event(**content: Any) -> EventRecord:
    return EventRecord(
        email_id="k", event_id="e", kind="click", at=NOW, message_id="0100", **content
    )


def rejected(*errors: FieldError) -> list[FieldError]:
    record = EmailRecord(email_id="k", fingerprint="", created_at=NOW, errors=errors)
    item = email_item(record)
    assert size(item) < LIMIT
    return [FieldError(item["field"], item["rule"]) for item in item["errors"]]


def test_only_the_first_of_many_broken_rules_are_kept() -> None:
    errors = [FieldError(f"f{number}", "is not known") for number in range(8000)]

    kept = rejected(*errors)

    assert kept[:50] == errors[:50]
    assert kept[50:] == [FieldError("(more)", "7950 more rules are broken")]


def test_long_field_name_is_truncated() -> None:
    (kept,) = rejected(FieldError(LONG, LONG))

    assert kept.field == "ж" * 100 + "…"
    assert kept.rule == "ж" * 150 + "…"


def test_errors_of_fifty_recipients_fit_into_one_item() -> None:
    results = [
        RecipientStatus(f"{number}@{'x' * 300}.com", SendState.REJECTED, None, LONG, LONG)
        for number in range(50)
    ]

    item = result_items({result.address: result for result in results})

    assert size(item) < LIMIT / 2


def test_diagnostics_of_another_server_are_truncated() -> None:
    recipient = RecipientRecord(
        email_id="k",
        address="anna@example.com",
        state=EmailState.BOUNCED,
        at=NOW,
        message_id="0100",
        error_code="x" * 500_000,
        error_message="x" * 500_000,
    )

    item = recipient_item(recipient)

    assert size(item) < 4_000
    assert item["error_message"] == "x" * 1_000 + "…"


def test_text_that_utf8_cannot_write_is_not_sent_to_dynamodb() -> None:
    assert rejected(FieldError("a\ud800b", "rule")) == [FieldError("a?b", "rule")]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"details": {"link": "x"}, "raw": {"a": NOISE}}, {"link": "x"}),
        ({"details": {"link": NOISE}, "raw": {"a": NOISE}}, {}),
    ],
    ids=["raw", "details"],
)
def test_too_large_event_loses_raw_and_then_details(
    fields: dict[str, Any], kept: dict[str, Any]
) -> None:
    item = event_item(event(**fields))

    stored = read_event(item)
    assert len(item["content"]) < LIMIT
    assert (stored.details, stored.raw, stored.is_truncated) == (kept, {}, True)


def test_an_event_is_read_as_it_was_written() -> None:
    whole = event(details={"link": "ж"}, raw={"text": "ж\ud800"})

    assert read_event(event_item(whole)) == whole


class RefusingClient:
    def __init__(self, text: str) -> None:
        self._error = {"Error": {"Code": "ValidationException", "Message": text}}

    def put_item(self, **_: Any) -> Any:
        raise ClientError(self._error, "PutItem")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Item size has exceeded the maximum allowed size", RecordTooLargeError),
        ("Item size to update has exceeded the maximum allowed size", RecordTooLargeError),
        ("Size of hashkey has exceeded the maximum size limit of2048 bytes", RecordTooLargeError),
        ("The table does not have the specified index", StoreError),
    ],
)
def test_too_large_record_raises_record_too_large_error(text: str, error: type[StoreError]) -> None:
    table = Table(RefusingClient(text), "emails")  # type: ignore[arg-type]

    with pytest.raises(StoreError) as caught:
        table.put({"pk": "k"})

    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("update", "expression"),
    [
        (ItemUpdate(sets={"a": 1}), "SET #a = :set_a"),
        (ItemUpdate(sets={}, additions={"n": 1}), "ADD #n :add_n"),
        (
            ItemUpdate(sets={"a": 1}, defaults={"b": 2}, additions={"n": 1, "m": 2}),
            "SET #a = :set_a, #b = if_not_exists(#b, :set_b) ADD #n :add_n, #m :add_m",
        ),
    ],
    ids=["only values", "only numbers", "both"],
)
def test_update_names_only_the_actions_that_it_has(update: ItemUpdate, expression: str) -> None:
    assert update.expression() == expression
