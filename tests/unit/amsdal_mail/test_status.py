"""SendStatus: one answer for a call, and the error it becomes on request."""

import pytest

from amsdal_mail import (
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


@pytest.mark.parametrize("state", sorted(set(SendState) - {SendState.ACCEPTED, SendState.QUEUED}))
def test_one_recipient_that_is_not_taken_is_no_success(state: SendState) -> None:
    assert not SendStatus.from_recipients([ACCEPTED, refused(state)]).is_success


def test_nothing_sent_is_no_success() -> None:
    with pytest.raises(SendError):
        SendStatus.combine([]).raise_for_status()


def test_several_messages_keep_their_own_answers() -> None:
    one, two = (
        SendStatus.from_recipients([ACCEPTED]),
        SendStatus.from_recipients([refused(SendState.REJECTED)]),
    )

    both = SendStatus.combine([one, two])

    assert both.messages == (one, two)
    assert set(both.recipients) == {"a@x.io", "z@x.io"}
    assert not both.is_success


def test_address_in_several_messages_shows_its_worst_answer() -> None:
    rejected = RecipientStatus("a@x.io", SendState.REJECTED)

    for order in ([ACCEPTED, rejected], [rejected, ACCEPTED]):
        both = SendStatus.combine(SendStatus.from_recipients([one]) for one in order)
        assert both.recipients["a@x.io"] is rejected


def test_single_message_stands_for_itself() -> None:
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
def test_refusal_becomes_its_error_on_request(state: SendState, error: type[SendError]) -> None:
    status = SendStatus.from_recipients([ACCEPTED, refused(state)])

    with pytest.raises(error, match=r"z@x\.io .*Code: Text\.") as caught:
        status.raise_for_status()

    assert caught.value.status is status


def test_success_passes_through() -> None:
    status = SendStatus.from_recipients([ACCEPTED])

    assert status.raise_for_status() is status
