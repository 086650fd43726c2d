"""The flow with SES: what is tried again, what never is, and how tags are respelt."""

from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from amsdal_mail import ConfigurationError, CredentialsError, EmailMessage, RetryHint, SendState
from amsdal_mail.backends.aws.errors import BULK_STATUSES, ERROR_CODES, classify_error
from amsdal_mail.backends.aws.flow import Call, Wait
from amsdal_mail.backends.ses.backend import collect_status
from amsdal_mail.backends.ses.requests import build_requests
from amsdal_mail.backends.ses.send import EntryResult, TagEncoding, send_flow

PLAIN = EmailMessage(subject="s", body="b", from_email="f@x.io", to=["a@x.io", "b@x.io"])
BULK = EmailMessage(
    template_id="t", from_email="f@x.io", to=["a@x.io", "b@x.io", "c@x.io"], merge_data={}
)
TAGS = {"metadata:order_id": "1234"}
TAG_REFUSED = (
    "Invalid tag name <metadata:order_id>: only alphanumeric ASCII characters, '_',  '-' are"
    " allowed."
)
ACCEPTED = {"MessageId": "0100-a"}


def refusal(code: str, text: str | None = None, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": text},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "SendEmail")


THROTTLED = refusal("TooManyRequestsException", "Maximum sending rate exceeded.", 429)


def run(
    answers: Iterable[Any],
    message: EmailMessage = PLAIN,
    spelling: TagEncoding | None = None,
    attempts: int = 3,
) -> tuple[list[EntryResult], list[Call | Wait]]:
    """Play SES's part with these answers; return the result and everything that was asked for."""
    (request,) = build_requests(message, None)
    flow = send_flow(request, TAGS, {"email_id": "e1"}, spelling or TagEncoding(), attempts)
    remaining = iter(answers)
    said: list[Call | Wait] = []
    answer: Any = None
    while True:
        try:
            said.append(flow.send(answer))
        except StopIteration as done:
            assert not list(remaining)
            return done.value, said
        answer = None if isinstance(said[-1], Wait) else next(remaining)


def bulk(*statuses: str) -> dict[str, Any]:
    return {
        "BulkEmailEntryResults": [
            {"Status": one, "MessageId": f"id-{n}"} if one == "SUCCESS" else {"Status": one}
            for n, one in enumerate(statuses)
        ]
    }


def test_all_recipients_of_a_plain_message_share_the_id() -> None:
    ((addresses, outcome),), _ = run([ACCEPTED])

    assert addresses == ("a@x.io", "b@x.io")
    assert outcome.message_id == "0100-a"


def test_throttled_call_is_tried_again_after_a_pause() -> None:
    ((_, outcome),), said = run([THROTTLED, ACCEPTED])

    assert outcome.state is SendState.ACCEPTED
    assert [type(one) for one in said] == [Call, Wait, Call]


def test_pauses_grow() -> None:
    ((_, outcome),), said = run([THROTTLED] * 5, attempts=5)

    pauses = [one.seconds for one in said if isinstance(one, Wait)]
    assert outcome.state is SendState.FAILED
    assert outcome.retry is RetryHint.SOON
    assert len(pauses) == 4
    assert pauses[0] < pauses[2] < 8


LOST: dict[str, BotoCoreError] = {
    "read timeout": ReadTimeoutError(endpoint_url="u"),
    "connection closed": ConnectionClosedError(endpoint_url="u"),
    "reset in mid-request, as aiobotocore tells it": EndpointConnectionError(
        endpoint_url="u", error=ConnectionResetError()
    ),
}


@pytest.mark.parametrize("error", LOST.values(), ids=LOST)
def test_lost_answer_is_never_tried_again(error: BotoCoreError) -> None:
    ((_, outcome),), said = run([error])

    assert outcome.state is SendState.UNKNOWN
    assert len(said) == 1


class NewConnectionError(Exception):
    """Stands for the errors of urllib3 and aiohttp that say no connection was made."""


NEVER_MADE: dict[str, BotoCoreError] = {
    "connect timeout": ConnectTimeoutError(endpoint_url="u"),
    "refused": EndpointConnectionError(endpoint_url="u", error=NewConnectionError()),
}


@pytest.mark.parametrize("error", NEVER_MADE.values(), ids=NEVER_MADE)
def test_connection_that_was_never_made_is_tried_again(error: BotoCoreError) -> None:
    ((_, outcome),), _ = run([error, ACCEPTED])

    assert outcome.state is SendState.ACCEPTED


def test_refused_tag_is_sent_once_more_in_the_alphabet_of_ses() -> None:
    spelling = TagEncoding()

    ((_, outcome),), said = run(
        [refusal("BadRequestException", TAG_REFUSED), ACCEPTED], spelling=spelling
    )

    names = [one.params["EmailTags"][0]["Name"] for one in said if isinstance(one, Call)]
    assert outcome.state is SendState.ACCEPTED
    assert names == ["metadata:order_id", "metadata_order_id"]
    assert spelling.is_restricted


def test_connection_keeps_to_the_spelling_ses_took() -> None:
    spelling = TagEncoding(is_restricted=True)

    _, said = run([ACCEPTED], spelling=spelling)

    assert isinstance(said[0], Call)
    assert said[0].params["EmailTags"][0]["Name"] == "metadata_order_id"


def test_tag_refused_in_every_spelling_ends_rejected() -> None:
    refused = refusal("BadRequestException", TAG_REFUSED)

    ((_, outcome),), said = run([refused, refused])

    assert outcome.state is SendState.REJECTED
    assert len(said) == 2


@pytest.mark.parametrize("name", ["email_id", "email id", "email:id", "email.id"])
def test_no_tag_of_the_user_takes_the_place_of_our_own(name: str) -> None:
    (request,) = build_requests(PLAIN, None)

    flow = send_flow(
        request, {name: "true"}, {"email_id": "e1"}, TagEncoding(is_restricted=True), 1
    )
    call = next(flow)

    assert isinstance(call, Call)
    assert call.params["EmailTags"] == [{"Name": "email_id", "Value": "e1"}]


def test_only_the_throttled_entries_of_a_bulk_call_are_tried_again() -> None:
    result, said = run(
        [bulk("SUCCESS", "ACCOUNT_THROTTLED", "MESSAGE_REJECTED"), bulk("SUCCESS")], BULK
    )

    again = said[-1]
    assert isinstance(again, Call)
    assert [e["Destination"]["ToAddresses"] for e in again.params["BulkEmailEntries"]] == [
        ["b@x.io"]
    ]
    assert [(a, o.state, o.message_id) for (a,), o in result] == [
        ("a@x.io", "accepted", "id-0"),
        ("b@x.io", "accepted", "id-0"),
        ("c@x.io", "rejected", None),
    ]


def test_entry_without_a_result_is_unknown() -> None:
    result, _ = run([bulk("SUCCESS")], BULK)

    assert [o.state for _, o in result] == ["accepted", "unknown", "unknown"]


NO_ANSWER: dict[str, tuple[Any, EmailMessage]] = {
    "bulk answer without results": ({}, BULK),
    "answer without an id": ({}, PLAIN),
    "bulk success without an id": ({"BulkEmailEntryResults": [{"Status": "SUCCESS"}]}, BULK),
    "not UTF-8": (UnicodeDecodeError("utf-8", b"", 0, 1, "invalid"), PLAIN),
    "not what the parser expects": (AttributeError("'list' object has no attribute"), PLAIN),
}


@pytest.mark.parametrize(("answer", "message"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_answer_that_makes_no_sense_is_unknown(answer: Any, message: EmailMessage) -> None:
    result, said = run([answer], message)

    assert {outcome.state for _, outcome in result} == {SendState.UNKNOWN}
    assert len(said) == 1


def test_word_ses_never_used_before_is_failed() -> None:
    result, _ = run([bulk("SUCCESS", "SUCCESS", "ALIENS")], BULK)

    assert [(o.state, o.code) for _, o in result][2] == ("failed", "ALIENS")


VERDICTS: dict[str, tuple[Exception, SendState, RetryHint]] = {
    "rate": (THROTTLED, SendState.FAILED, RetryHint.SOON),
    "quota": (
        refusal("TooManyRequestsException", "Daily message quota exceeded", 429),
        SendState.FAILED,
        RetryHint.LATER,
    ),
    "unverified": (
        refusal("MessageRejected", "Email address is not verified. X"),
        SendState.REJECTED,
        RetryHint.NO,
    ),
    "account paused": (
        refusal("MessageRejected", "Sending paused for this account. For more information"),
        SendState.FAILED,
        RetryHint.LATER,
    ),
    "refusal without a text": (refusal("BadRequestException"), SendState.REJECTED, RetryHint.NO),
    "outage": (refusal("InternalServiceErrorException", "", 500), SendState.FAILED, RetryHint.SOON),
    "unavailable": (refusal("503", "", 503), SendState.FAILED, RetryHint.SOON),
    "request not read in time": (
        refusal("RequestTimeoutException", "Reading the Request timed out", 408),
        SendState.FAILED,
        RetryHint.SOON,
    ),
    "408 without a code of SES's": (refusal("408", "", 408), SendState.FAILED, RetryHint.SOON),
    "aborted by SES": (refusal("RequestAbortedException"), SendState.UNKNOWN, RetryHint.NO),
    "gateway without an answer": (refusal("504", "", 504), SendState.UNKNOWN, RetryHint.NO),
    "error of tomorrow": (refusal("Novelty", "", 400), SendState.REJECTED, RetryHint.NO),
    "forbidden of tomorrow": (refusal("Novelty", "", 403), SendState.FAILED, RetryHint.LATER),
    "no credentials": (NoCredentialsError(), SendState.FAILED, RetryHint.LATER),
}


@pytest.mark.parametrize(("error", "state", "retry"), VERDICTS.values(), ids=VERDICTS)
def test_error_means_what_the_table_says(
    error: Exception, state: SendState, retry: RetryHint
) -> None:
    outcome = classify_error(error)

    assert (outcome.state, outcome.retry) == (state, retry)


RAISED: dict[str, tuple[Exception, type[ConfigurationError]]] = {
    "template missing": (
        refusal("NotFoundException", "Template x does not exist", 404),
        ConfigurationError,
    ),
    "default set missing": (
        refusal("BadRequestException", "Configuration set <x> does not exist."),
        ConfigurationError,
    ),
    "permission": (refusal("AccessDeniedException", "not authorized", 403), ConfigurationError),
    "wrong key": (refusal("UnrecognizedClientException", "invalid", 403), CredentialsError),
    "no key": (NoCredentialsError(), CredentialsError),
}


@pytest.mark.parametrize(("error", "raised"), RAISED.values(), ids=RAISED)
def test_wrong_set_up_is_raised_and_tells_what_became_of_all(
    error: Exception, raised: type[ConfigurationError]
) -> None:
    good, _ = run([ACCEPTED])
    bad, _ = run([error])

    with pytest.raises(raised) as caught:
        collect_status([1, 1], [good, bad])

    assert type(caught.value) is raised
    assert caught.value.status is not None
    assert [one.is_success for one in caught.value.status.messages] == [True, False]


def test_every_error_of_the_service_model_is_in_the_table() -> None:
    import botocore.session

    model: Any = botocore.session.get_session().get_service_model("sesv2")

    assert {shape.error_code for shape in model.error_shapes} <= set(ERROR_CODES)


# botocore keeps its lists of codes to itself.
RETRIED_BY_THE_SDK: set[str] = {
    *vars(TransientRetryableChecker)["_TRANSIENT_ERROR_CODES"],
    *vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"],
}


@pytest.mark.parametrize("code", sorted(RETRIED_BY_THE_SDK))
def test_what_the_sdk_itself_would_try_again_is_no_permanent_refusal(code: str) -> None:
    outcome = classify_error(refusal(code))

    assert outcome.state is SendState.FAILED
    assert outcome.retry is not RetryHint.NO


def test_every_bulk_status_of_the_service_model_is_in_the_table() -> None:
    import botocore.session

    model: Any = botocore.session.get_session().get_service_model("sesv2")

    assert set(model.shape_for("BulkEmailStatus").enum) == set(BULK_STATUSES)
