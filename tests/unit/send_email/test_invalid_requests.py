"""What is read of an invalid request, and that people find it by that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from email_store.memory import MemoryEmailStore
from email_store.search import EmailQuery
from email_store.states import EmailState
from send_email.queue.invalid_requests import read_invalid
from tests.unit.send_email.api_client import Handle
from tests.unit.send_email.bodies import ANNA, BEN, EMAIL
from tests.unit.send_email.fakes import NOW

PEOPLE = [f"p{number}@example.com" for number in range(50)]


@pytest.mark.parametrize(
    ("request_body", "addresses"),
    [
        ({"to": [ANNA, "nobody", 7, None, ANNA], "cc": BEN}, [ANNA, BEN]),
        ({"to": "Anna <anna@EXAMPLE.com>", "bcc": [[BEN]]}, [ANNA]),
        ({"to": {"address": ANNA}}, []),
        (
            {"to": [f"p{n}@example.com" for n in range(1000)]},
            [f"p{n}@example.com" for n in range(50)],
        ),
        ({"to": ["x" * 100_000] * 3 + [ANNA]}, [ANNA]),
        ({"to": ["x"] * 100_000 + [ANNA]}, []),
        ([ANNA], []),
        (None, []),
    ],
    ids=["some", "text", "object", "many", "long", "far", "list", "null"],
)
def test_addresses_that_can_be_read_are_kept(request_body: Any, addresses: list[str]) -> None:
    assert read_invalid(json.dumps(request_body)).addresses == addresses


@pytest.mark.parametrize("body", ["", "{", '{"to": ["a@b.c"]', "[" * 100_000])
def test_body_that_is_no_json_has_nothing(body: str) -> None:
    assert read_invalid(body) == ([], [])


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["to", "cc", "x"]), inner),
    )
)
def test_any_json_can_be_read(document: Any) -> None:
    found = read_invalid(json.dumps(document))

    assert len(found.addresses) <= 50


def deliver(handle: Handle, body: Any) -> None:
    record = {
        "messageId": "record-1",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772187331000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:transactional",
    }
    assert handle({"Records": [record]}) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "body",
    [
        {**EMAIL, "subject": 7},
        {**EMAIL, "from_email": "shop@foreign.example"},
        {**EMAIL, "to": [ANNA, "nobody"]},
        {**EMAIL, "attachments": [{"s3_uri": "s3://foreign/file"}]},
    ],
    ids=["field", "sender", "recipient", "bucket"],
)
def test_rejected_record_is_found_by_its_recipient(
    handle: Handle, store: MemoryEmailStore, body: Any
) -> None:
    deliver(handle, body)

    query = EmailQuery(recipient=ANNA, state=EmailState.REJECTED)
    (row,) = store.find_emails(query, now=NOW, limit=50).rows

    assert row.email_id == "record-1"
    assert row.counts == {EmailState.REJECTED: 1}


def test_record_with_a_used_key_is_found(handle: Handle, store: MemoryEmailStore) -> None:
    deliver(handle, {**EMAIL, "idempotency_key": "order-1"})
    deliver(handle, {**EMAIL, "idempotency_key": "order-1", "to": [BEN]})

    (row,) = store.find_emails(EmailQuery(recipient=BEN), now=NOW, limit=50).rows

    assert (row.email_id, row.state) == ("record-1", EmailState.REJECTED)
