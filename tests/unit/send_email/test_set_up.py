"""Emails whose sender or configuration set is missing wait; a wrong template is the caller's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import Mock

import boto3
import pytest
from botocore.stub import Stubber

from amsdal_mail.backends.ses import SESBackend
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.handler import create_handler
from send_email.queue.envelope import read_job
from send_email.sending.backoff import MAX_DELAY, MAX_RETRIES
from send_email.sending.service import SendService
from send_email.suppressions import Suppressions
from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.bodies import ANNA, BEN, EMAIL, email
from tests.unit.send_email.conftest import API_TIMEOUTS
from tests.unit.send_email.fakes import Context, ListQueue
from tests.unit.send_email.test_records import DONE, batch
from tests.unit.send_email.test_telemetry import metrics

Capture = pytest.CaptureFixture[str]
UNVERIFIED = "Email address is not verified. The following identities failed the check in region "
SENDER_UNVERIFIED = f"{UNVERIFIED}EU-WEST-1: shop@example.com"
NO_SET = "Configuration set <AmsdalMail-prod> does not exist."
NO_TEMPLATE = "Template hello does not exist"
WAITING = {
    "sender": ("MessageRejected", SENDER_UNVERIFIED, 400),
    "set": ("NotFoundException", NO_SET, 404),
    "default set": ("BadRequestException", NO_SET, 400),
    "not found without a text": ("NotFoundException", "", 404),
    "permission": ("AccessDeniedException", "not authorized to perform: ses:SendEmail", 403),
}


@pytest.fixture
def ses_stub() -> Iterator[Stubber]:
    session = boto3.Session("id", "secret", region_name="eu-west-1")
    backend = SESBackend(session=session, configuration_set="AmsdalMail-prod", max_attempts=1)
    with Stubber(backend.client()) as stub:
        stub.backend = backend  # type: ignore[attr-defined]
        yield stub


@pytest.fixture
def real(service: SendService, ses_stub: Stubber) -> SendService:
    """The service with the real SES backend; SES itself is a stub."""
    return replace(service, sender=ses_stub.backend)  # type: ignore[attr-defined]


@pytest.fixture
def handle(
    real: SendService, suppressions: Suppressions, monkeypatch: pytest.MonkeyPatch
) -> Handle:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "send_email")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "AmsdalMail")
    api_service = replace(real, timeouts=API_TIMEOUTS)
    made: Callable[[], Handle] = lambda: create_handler(  # noqa: E731
        lambda: real, lambda: api_service, lambda: suppressions, Mock(), Mock(), Mock()
    )
    return lambda event: made()(event, Context())


def refuse(stub: Stubber, code: str, text: str, status: int, call: str = "send_email") -> None:
    stub.add_client_error(call, code, text, http_status_code=status)


@pytest.mark.parametrize("error", WAITING.values(), ids=WAITING)
def test_email_waits_for_the_set_up_and_goes_out_by_itself(
    handle: Handle,
    ses_stub: Stubber,
    store: MemoryEmailStore,
    queue: ListQueue,
    capsys: Capture,
    error: tuple[str, str, int],
) -> None:
    refuse(ses_stub, *error)
    refuse(ses_stub, *error)
    ses_stub.add_response("send_email", {"MessageId": "ses-1"})

    for _ in range(2):
        assert handle(batch(EMAIL | {"idempotency_key": "k"})) == DONE
        assert metrics(capsys) == {"RecipientsQueued": 1, "ConfigurationErrors": 1}
    handle(batch(EMAIL | {"idempotency_key": "k"}))

    view = store.load("k")
    assert view is not None
    assert view.state is EmailState.ACCEPTED
    assert [delay for _, delay in queue.entries] == [MAX_DELAY, MAX_DELAY]


@pytest.mark.parametrize("error", WAITING.values(), ids=WAITING)
def test_waiting_for_the_set_up_is_never_abandoned(
    real: SendService, ses_stub: Stubber, queue: ListQueue, error: tuple[str, str, int]
) -> None:
    refuse(ses_stub, *error)
    read = read_job("r", json.dumps(EMAIL), real.contents)
    job = replace(read, retry_count=MAX_RETRIES)

    outcome = real.send(job)

    assert (outcome.is_abandoned, outcome.is_misconfigured) == (False, True)
    assert [waiting.retry_count for waiting in queue.jobs] == [MAX_RETRIES]


def test_api_says_202_and_the_key_can_be_repeated(
    api: Api, ses_stub: Stubber, queue: ListQueue
) -> None:
    refuse(ses_stub, *WAITING["sender"])
    ses_stub.add_response("send_email", {"MessageId": "ses-1"})

    assert api.post(EMAIL, idempotency_key="k").status == 202
    assert api.post(EMAIL, idempotency_key="k").status == 200


@pytest.mark.parametrize(
    "names",
    [
        "shop@example.com",
        "example.com",
        "anna@example.net, Shop <shop@EXAMPLE.com>",
        "anna@example.net, ben@example.net, ...",
        "anna@example.net…",
    ],
)
@pytest.mark.parametrize("sender", ["shop@example.com", "Müller, A <shop@example.com>"])
def test_sender_among_the_failed_identities_waits(
    api: Api, ses_stub: Stubber, names: str, sender: str
) -> None:
    refuse(ses_stub, "MessageRejected", f"{UNVERIFIED}US-WEST-2: {names}", 400)
    sender = sender.replace("Müller, A", '"Müller, A"')

    assert api.post(email(from_email=sender)).status == 202


@pytest.mark.parametrize(
    "names", ["anna@example.net", "myshop@example.com, shop@example.com.net, x@example.com"]
)
def test_email_is_rejected_when_only_recipients_fail(
    api: Api, ses_stub: Stubber, capsys: Capture, names: str
) -> None:
    refuse(ses_stub, "MessageRejected", f"{UNVERIFIED}US-WEST-2: {names}", 400)

    response = api.post(EMAIL)

    assert (response.status, response.content["state"]) == (422, "rejected")
    assert metrics(capsys) == {"RecipientsRejected": 1}


TEMPLATED: dict[str, object] = {
    "from_email": "shop@example.com",
    "to": [ANNA, BEN],
    "template_id": "hello",
}
BULK: dict[str, object] = TEMPLATED | {"merge_data": {ANNA: {}, BEN: {}}}


@pytest.mark.parametrize("text", [NO_TEMPLATE, ""], ids=["with a text", "without a text"])
@pytest.mark.parametrize(
    ("request_body", "call"),
    [(TEMPLATED, "send_email"), (BULK, "send_bulk_email")],
    ids=["one", "bulk"],
)
def test_wrong_template_is_the_callers(
    api: Api, ses_stub: Stubber, capsys: Capture, request_body: object, call: str, text: str
) -> None:
    refuse(ses_stub, "NotFoundException", text, 404, call)

    response = api.post(request_body)

    assert response.status == 422
    assert {recipient["error_message"] for recipient in response.content["recipients"]} == {text}
    assert metrics(capsys) == {"RecipientsRejected": 2}


def test_wrong_template_of_a_record_is_rejected_without_an_alarm(
    handle: Handle, ses_stub: Stubber, store: MemoryEmailStore, queue: ListQueue, capsys: Capture
) -> None:
    refuse(ses_stub, "NotFoundException", NO_TEMPLATE, 404)

    assert handle(batch(TEMPLATED | {"idempotency_key": "k"})) == DONE

    view = store.load("k")
    assert view is not None
    assert view.state is EmailState.REJECTED
    assert queue.entries == []
    assert metrics(capsys) == {"RecipientsRejected": 2}


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        ("CONFIGURATION_SET_NOT_FOUND", NO_SET, {"RecipientsQueued": 2, "ConfigurationErrors": 1}),
        ("CONFIGURATION_SET_NOT_FOUND", "", {"RecipientsQueued": 2, "ConfigurationErrors": 1}),
        ("INVALID_SENDING_POOL_NAME", "", {"RecipientsQueued": 2, "ConfigurationErrors": 1}),
        ("MESSAGE_REJECTED", SENDER_UNVERIFIED, {"RecipientsQueued": 2, "ConfigurationErrors": 1}),
        ("MESSAGE_REJECTED", "Spam", {"RecipientsRejected": 2}),
        ("TEMPLATE_NOT_FOUND", NO_TEMPLATE, {"RecipientsRejected": 2}),
    ],
)
def test_entries_of_a_bulk_call_are_blamed_alike(
    api: Api,
    ses_stub: Stubber,
    capsys: Capture,
    status: str,
    text: str,
    expected: dict[str, float],
) -> None:
    entry = {"Status": status, "Error": text}
    ses_stub.add_response("send_bulk_email", {"BulkEmailEntryResults": [entry, entry]})

    api.post(BULK)

    assert metrics(capsys) == expected
