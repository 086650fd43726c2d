"""Answers that were lost and functions that crashed: SES's events tell who got the email."""

from __future__ import annotations

from typing import NoReturn

import pytest

from amsdal_mail.status import RetryHint, SendState
from email_store.claims import ClaimStatus
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.sending.errors import MessageTooLargeError, QueueError, ResultNotStoredError
from send_email.sending.service import SendService
from tests.unit.send_email.conftest import TIMEOUTS, Clock, FakeSES, ListQueue
from tests.unit.send_email.jobs import (
    ANNA,
    BEN,
    CARL,
    accepted_by_event,
    crashed,
    merged,
    plain,
    states,
)


def test_an_answer_that_was_lost_is_looked_at_again_when_ses_had_time_to_tell(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.answer(ANNA, SendState.UNKNOWN)

    outcome = service.send(plain())

    assert outcome.is_queued
    assert states(store) == {ANNA: EmailState.UNKNOWN}
    assert [delay for _, delay in queue.entries] == [900]


def test_nobody_sends_again_while_ses_has_time_to_tell_of_a_lost_answer(
    service: SendService, ses: FakeSES, clock: Clock
) -> None:
    ses.answer(ANNA, SendState.UNKNOWN)
    service.send(plain())
    clock.forward(TIMEOUTS.lost_response - 1)

    assert service.send(plain()).claim is ClaimStatus.BUSY
    assert service.enqueue(plain()).claim is ClaimStatus.BUSY
    assert len(ses.sent) == 1


def test_a_lost_answer_that_no_event_tells_of_is_sent_again(
    service: SendService, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    ses.answer(ANNA, SendState.UNKNOWN)
    service.send(plain())
    ses.answers.clear()
    clock.forward(TIMEOUTS.lost_response)

    outcome = service.send(queue.jobs[0])

    assert outcome.results[ANNA].message_id == "ses-2"


def test_a_send_event_settles_a_lost_answer_without_sending_again(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue, clock: Clock
) -> None:
    ses.answer(ANNA, SendState.UNKNOWN)
    service.send(plain())
    accepted_by_event(store, ANNA)
    clock.forward(TIMEOUTS.lost_response)

    outcome = service.send(queue.jobs[0])

    assert len(ses.sent) == 1
    assert outcome.results[ANNA].message_id == "ses-0"
    assert not outcome.is_queued


def test_after_a_crash_only_those_are_sent_to_whom_no_event_shows(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    job = merged(ANNA, BEN)
    crashed(service, ses, job)
    accepted_by_event(store, ANNA)
    clock.forward(TIMEOUTS.lost_response)

    service.send(job)

    assert ses.addresses == [[BEN]]


def test_after_a_crash_one_event_of_a_plain_message_speaks_for_all_its_recipients(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    crashed(service, ses, plain(ANNA, BEN))
    accepted_by_event(store, ANNA)
    clock.forward(TIMEOUTS.lost_response)

    outcome = service.send(plain(ANNA, BEN))

    assert not ses.sent
    assert {one.state for one in outcome.results.values()} == {SendState.ACCEPTED}


def test_after_a_crash_nobody_sends_before_the_lease_ran_out(
    service: SendService, ses: FakeSES, clock: Clock
) -> None:
    crashed(service, ses, plain())
    clock.forward(TIMEOUTS.lost_response - 1)

    assert service.send(plain()).claim is ClaimStatus.BUSY


def test_what_a_crash_left_open_is_not_closed_by_the_remainder_of_the_others(
    service: SendService, store: MemoryEmailStore, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    ses.answer(BEN, SendState.REJECTED)
    ses.answer(CARL, SendState.FAILED, RetryHint.SOON)
    store.release = unreachable  # type: ignore[method-assign]
    with pytest.raises(ResultNotStoredError):
        service.send(merged(ANNA, BEN, CARL))
    del store.release
    accepted_by_event(store, ANNA)
    del ses.answers[CARL]
    clock.forward(TIMEOUTS.lost_response + 1)

    service.send(queue.jobs[0])
    service.send(merged(ANNA, BEN, CARL))

    assert ses.addresses == [[ANNA, BEN, CARL], [CARL], [BEN]]
    assert states(store)[BEN] is EmailState.REJECTED


def unreachable(*_args: object, **_named: object) -> NoReturn:
    raise StoreError("no answer")


@pytest.mark.parametrize("trouble", [QueueError(), MessageTooLargeError()])
def test_what_cannot_go_back_on_the_queue_is_remembered_and_can_be_sent_at_once(
    service: SendService, ses: FakeSES, queue: ListQueue, trouble: Exception
) -> None:
    ses.answer(BEN, SendState.FAILED, RetryHint.SOON)
    queue.raises = [trouble]
    with pytest.raises(QueueError):
        service.send(merged(ANNA, BEN))
    ses.answers.clear()

    service.send(merged(ANNA, BEN))

    assert ses.addresses[1] == [BEN]
