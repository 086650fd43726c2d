"""The flow of one request to SES: retries, tags and responses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from amsdal_mail import EmailMessage, RetryHint, SendState
from amsdal_mail.backends.aws.flow import Call, EntryResult, Wait
from amsdal_mail.backends.ses.requests import build_requests
from amsdal_mail.backends.ses.send import send_flow
from amsdal_mail.backends.ses.tags import TagEncoding
from tests.unit.amsdal_mail.backends.responses import SES_MODEL, client_error

PLAIN = EmailMessage(subject="s", body="b", from_email="f@x.io", to=["a@x.io", "b@x.io"])
BULK = EmailMessage(
    template_id="t", from_email="f@x.io", to=["a@x.io", "b@x.io", "c@x.io"], merge_data={}
)
TAGS = {"metadata:order_id": "1234"}
TAG_REFUSED = client_error(
    "BadRequestException",
    "Invalid tag name <metadata:order_id>: only alphanumeric ASCII characters, '_',  '-' are"
    " allowed.",
)
ACCEPTED = {"MessageId": "0100-a"}
THROTTLED = client_error("TooManyRequestsException", "Maximum sending rate exceeded.", 429)


def run(
    responses: Iterable[Any],
    message: EmailMessage = PLAIN,
    encoding: TagEncoding | None = None,
    attempts: int = 3,
) -> tuple[list[EntryResult], list[Call | Wait]]:
    """Run a flow with these responses of SES; return its results and its steps."""
    (request,) = build_requests(message, None, SES_MODEL)
    flow = send_flow(request, TAGS, {"email_id": "e1"}, encoding or TagEncoding(), attempts)
    remaining = iter(responses)
    steps: list[Call | Wait] = []
    response: Any = None
    while True:
        try:
            steps.append(flow.send(response))
        except StopIteration as end:
            assert not list(remaining)
            return end.value, steps
        response = None if isinstance(steps[-1], Wait) else next(remaining)


def bulk(*statuses: str) -> dict[str, Any]:
    return {
        "BulkEmailEntryResults": [
            {"Status": status, "MessageId": f"id-{index}"}
            if status == "SUCCESS"
            else {"Status": status}
            for index, status in enumerate(statuses)
        ]
    }


def test_all_recipients_of_a_plain_message_share_the_id() -> None:
    ((_, addresses, result),), _ = run([ACCEPTED])

    assert addresses == ("a@x.io", "b@x.io")
    assert result.message_id == "0100-a"


def test_throttled_call_is_retried_after_a_wait() -> None:
    (entry,), steps = run([THROTTLED, ACCEPTED])

    assert entry.result.state is SendState.ACCEPTED
    assert [type(step) for step in steps] == [Call, Wait, Call]


def test_waits_grow() -> None:
    (entry,), steps = run([THROTTLED] * 5, attempts=5)

    waits = [step.seconds for step in steps if isinstance(step, Wait)]
    assert entry.result.state is SendState.FAILED
    assert entry.result.retry is RetryHint.SOON
    assert len(waits) == 4
    assert waits[0] < waits[2] < 8


LOST: dict[str, BotoCoreError] = {
    "read timeout": ReadTimeoutError(endpoint_url="u"),
    "connection closed": ConnectionClosedError(endpoint_url="u"),
    "reset in mid-request, as aiobotocore raises it": EndpointConnectionError(
        endpoint_url="u", error=ConnectionResetError()
    ),
}


@pytest.mark.parametrize("error", LOST.values(), ids=LOST)
def test_lost_response_is_never_retried(error: BotoCoreError) -> None:
    (entry,), steps = run([error])

    assert entry.result.state is SendState.UNKNOWN
    assert len(steps) == 1


class NewConnectionError(Exception):
    """Stands for the errors of urllib3 and aiohttp for a connection that was never made."""


NEVER_MADE: dict[str, BotoCoreError] = {
    "connect timeout": ConnectTimeoutError(endpoint_url="u"),
    "refused": EndpointConnectionError(endpoint_url="u", error=NewConnectionError()),
}


@pytest.mark.parametrize("error", NEVER_MADE.values(), ids=NEVER_MADE)
def test_connection_that_was_never_made_is_retried(error: BotoCoreError) -> None:
    (entry,), _ = run([error, ACCEPTED])

    assert entry.result.state is SendState.ACCEPTED


def test_refused_tag_is_sent_again_with_allowed_characters() -> None:
    encoding = TagEncoding()

    (entry,), steps = run([TAG_REFUSED, ACCEPTED], encoding=encoding)

    names = [step.params["EmailTags"][0]["Name"] for step in steps if isinstance(step, Call)]
    assert entry.result.state is SendState.ACCEPTED
    assert names == ["metadata:order_id", "metadata_order_id"]
    assert encoding.is_restricted


def test_connection_keeps_the_spelling_that_ses_took() -> None:
    _, (call,) = run([ACCEPTED], encoding=TagEncoding(is_restricted=True))

    assert isinstance(call, Call)
    assert call.params["EmailTags"][0]["Name"] == "metadata_order_id"


def test_tag_refused_in_both_spellings_ends_rejected() -> None:
    (entry,), steps = run([TAG_REFUSED, TAG_REFUSED])

    assert entry.result.state is SendState.REJECTED
    assert len(steps) == 2


@pytest.mark.parametrize("name", ["email_id", "email id", "email:id", "email.id"])
def test_extra_tag_replaces_a_tag_of_the_message(name: str) -> None:
    (request,) = build_requests(PLAIN, None, SES_MODEL)
    encoding = TagEncoding(is_restricted=True)

    call = next(send_flow(request, {name: "true"}, {"email_id": "e1"}, encoding, 1))

    assert isinstance(call, Call)
    assert call.params["EmailTags"] == [{"Name": "email_id", "Value": "e1"}]


def test_only_throttled_entries_of_a_bulk_call_are_retried() -> None:
    entries, steps = run(
        [bulk("SUCCESS", "ACCOUNT_THROTTLED", "MESSAGE_REJECTED"), bulk("SUCCESS")], BULK
    )

    retry = steps[-1]
    assert isinstance(retry, Call)
    assert [entry["Destination"]["ToAddresses"] for entry in retry.params["BulkEmailEntries"]] == [
        ["b@x.io"]
    ]
    assert [(*addresses, result.state, result.message_id) for _, addresses, result in entries] == [
        ("a@x.io", "accepted", "id-0"),
        ("b@x.io", "accepted", "id-0"),
        ("c@x.io", "rejected", None),
    ]


def test_entry_throttled_again_is_retried_again() -> None:
    first = bulk("SUCCESS", "ACCOUNT_THROTTLED", "ACCOUNT_THROTTLED")

    entries, steps = run([first, bulk("SUCCESS", "ACCOUNT_THROTTLED"), bulk("SUCCESS")], BULK)

    sizes = [len(step.params["BulkEmailEntries"]) for step in steps if isinstance(step, Call)]
    assert sizes == [3, 2, 1]
    assert [entry.result.state for entry in entries] == ["accepted"] * 3


def test_entries_refused_for_a_tag_are_retried_in_their_places() -> None:
    refused = {"Status": "INVALID_PARAMETER", "Error": "Invalid tag name <a:b>: only …"}
    first = {"BulkEmailEntryResults": [refused, {"Status": "FAILED"}, refused]}

    entries, steps = run([first, bulk("SUCCESS", "SUCCESS")], BULK)

    assert len(steps) == 2
    assert [(entry.result.state, entry.result.message_id) for entry in entries] == [
        ("accepted", "id-0"),
        ("failed", None),
        ("accepted", "id-1"),
    ]


def test_refused_tag_of_one_recipient_is_sent_again() -> None:
    message = BULK.replace(merge_metadata={"b@x.io": {"order id": "1/2"}})
    refused = {"Status": "INVALID_PARAMETER", "Error": "Invalid tag name <a:b>: only …"}
    first = {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "id"}, refused, refused]}

    entries, steps = run([first, bulk("SUCCESS", "SUCCESS")], message)

    calls = [step.params for step in steps if isinstance(step, Call)]
    sent = [tag["Name"] for tag in calls[1]["BulkEmailEntries"][0]["ReplacementTags"]]
    assert [entry.result.state for entry in entries] == ["accepted"] * 3
    assert sent == ["metadata_order_id", "email_id"]
    assert len(calls[0]["BulkEmailEntries"]) == 3
    assert not any("DefaultEmailTags" in call for call in calls)


def test_entry_without_a_result_is_unknown() -> None:
    entries, _ = run([bulk("SUCCESS")], BULK)

    assert [entry.result.state for entry in entries] == ["accepted", "unknown", "unknown"]


UNREADABLE: dict[str, tuple[Any, EmailMessage]] = {
    "bulk response without results": ({}, BULK),
    "response without an id": ({}, PLAIN),
    "bulk success without an id": ({"BulkEmailEntryResults": [{"Status": "SUCCESS"}]}, BULK),
    "not UTF-8": (UnicodeDecodeError("utf-8", b"", 0, 1, "invalid"), PLAIN),
    "not what the parser expects": (AttributeError("'list' object has no attribute"), PLAIN),
}


@pytest.mark.parametrize(("response", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_response_is_unknown(response: Any, message: EmailMessage) -> None:
    entries, steps = run([response], message)

    assert {entry.result.state for entry in entries} == {SendState.UNKNOWN}
    assert len(steps) == 1


def test_new_bulk_status_of_ses_is_failed() -> None:
    entries, _ = run([bulk("SUCCESS", "SUCCESS", "ALIENS")], BULK)

    assert entries[2].result.state == "failed"
    assert entries[2].result.error_code == "ALIENS"
