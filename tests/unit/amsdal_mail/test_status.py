"""SendStatus: the result of a send, and the errors that carry it."""

from __future__ import annotations

import pytest

from amsdal_mail import (
    ConfigurationError,
    CredentialsError,
    MailError,
    RecipientStatus,
    RejectedError,
    RetryableError,
    SendError,
    SendState,
    SendStatus,
    SuppressedError,
    UnknownOutcomeError,
)

ACCEPTED = RecipientStatus("a@x.io", SendState.ACCEPTED, message_id="0100-a")
QUEUED = RecipientStatus("b@x.io", SendState.QUEUED, message_id="id-b")


def refused(state: SendState) -> RecipientStatus:
    return RecipientStatus("z@x.io", state, error_code="Code", error_message="Text.")


def test_accepted_and_queued_are_success() -> None:
    status = SendStatus.from_recipients([ACCEPTED, QUEUED])

    assert status.is_success
    assert status.message_id == "0100-a"
    assert status.message_ids == ("0100-a", "id-b")


SUCCESS = {SendState.ACCEPTED, SendState.QUEUED, SendState.SCHEDULED}


@pytest.mark.parametrize("state", sorted(set(SendState) - SUCCESS))
def test_one_refused_recipient_is_not_success(state: SendState) -> None:
    assert not SendStatus.from_recipients([ACCEPTED, refused(state)]).is_success


def test_no_message_is_not_success() -> None:
    with pytest.raises(SendError):
        SendStatus.combine([]).raise_for_status()


def test_several_messages_keep_their_results() -> None:
    first, second = (
        SendStatus.from_recipients([ACCEPTED]),
        SendStatus.from_recipients([refused(SendState.REJECTED)]),
    )

    combined = SendStatus.combine([first, second])

    assert combined.messages == (first, second)
    assert set(combined.recipients) == {"a@x.io", "z@x.io"}
    assert not combined.is_success


def test_address_of_several_messages_has_its_worst_result() -> None:
    rejected = RecipientStatus("a@x.io", SendState.REJECTED)

    for order in ([ACCEPTED, rejected], [rejected, ACCEPTED]):
        combined = SendStatus.combine(SendStatus.from_recipients([status]) for status in order)
        assert combined.recipients["a@x.io"] is rejected


def test_status_of_a_single_message_is_returned_as_it_is() -> None:
    status = SendStatus.from_recipients([ACCEPTED])

    assert SendStatus.combine([status]) is status
    assert status.messages == (status,)


ERRORS = {
    SendState.REJECTED: RejectedError,
    SendState.FAILED: RetryableError,
    SendState.UNKNOWN: UnknownOutcomeError,
    SendState.SUPPRESSED: SuppressedError,
}


@pytest.mark.parametrize(("state", "error"), ERRORS.items(), ids=ERRORS)
def test_raise_for_status_raises_the_error_of_the_state(
    state: SendState, error: type[SendError]
) -> None:
    status = SendStatus.from_recipients([ACCEPTED, refused(state)])

    with pytest.raises(error, match=r"z@x\.io .*Code: Text\.") as caught:
        status.raise_for_status()

    assert caught.value.status is status


def test_raise_for_status_returns_a_success() -> None:
    status = SendStatus.from_recipients([ACCEPTED])

    assert status.raise_for_status() is status


@pytest.mark.parametrize(
    "error", [*ERRORS.values(), MailError, ConfigurationError, CredentialsError]
)
def test_error_leads_to_its_docs(error: type[MailError]) -> None:
    assert error("text").docs_url == f"docs/errors.md#{error.__name__.lower()}"
    assert str(error("text")) == "text"
