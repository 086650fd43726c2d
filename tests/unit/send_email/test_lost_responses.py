"""Lost responses and crashed workers: SES's events show which recipients got the email."""

from __future__ import annotations

from typing import NoReturn

import pytest

from amsdal_mail.status import RetryHint, SendState
from email_store.claims import ClaimStatus
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.sending.errors import QueueError, ResultNotStoredError
from send_email.sending.service import SendService
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fakes import Clock, FakeSES, ListQueue
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


def test_lost_response_is_checked_when_events_had_time(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.respond(ANNA, SendState.UNKNOWN)

    outcome = service.send(plain())

    assert outcome.is_queued
    assert states(store) == {ANNA: EmailState.UNKNOWN}
    assert [delay for _, delay in queue.entries] == [900]


def test_no_retry_while_the_event_of_a_lost_response_may_come(
    service: SendService, ses: FakeSES, clock: Clock
) -> None:
    ses.respond(ANNA, SendState.UNKNOWN)
    service.send(plain())
    clock.forward(TIMEOUTS.lost_response - 1)

    assert service.send(plain()).claim is ClaimStatus.BUSY
    assert service.enqueue(plain()).claim is ClaimStatus.BUSY
    assert len(ses.sent) == 1


def test_lost_response_without_an_event_is_sent_again(
    service: SendService, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    ses.respond(ANNA, SendState.UNKNOWN)
    service.send(plain())
    ses.results.clear()
    clock.forward(TIMEOUTS.lost_response)

    outcome = service.send(queue.jobs[0])

    assert outcome.results[ANNA].message_id == "ses-2"


def test_send_event_settles_a_lost_response(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue, clock: Clock
) -> None:
    ses.respond(ANNA, SendState.UNKNOWN)
    service.send(plain())
    accepted_by_event(store, ANNA)
    clock.forward(TIMEOUTS.lost_response)

    outcome = service.send(queue.jobs[0])

    assert len(ses.sent) == 1
    assert outcome.results[ANNA].message_id == "ses-0"
    assert not outcome.is_queued


def test_crash_is_retried_only_for_recipients_without_an_event(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    job = merged(ANNA, BEN)
    crashed(service, ses, job)
    accepted_by_event(store, ANNA)
    clock.forward(TIMEOUTS.lost_response)

    service.send(job)

    assert ses.addresses == [[BEN]]


def test_one_event_settles_a_plain_message_after_a_crash(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    crashed(service, ses, plain(ANNA, BEN))
    accepted_by_event(store, ANNA)
    clock.forward(TIMEOUTS.lost_response)

    outcome = service.send(plain(ANNA, BEN))

    assert not ses.sent
    assert {status.state for status in outcome.results.values()} == {SendState.ACCEPTED}


def test_no_retry_of_a_crash_before_the_lease_ends(
    service: SendService, ses: FakeSES, clock: Clock
) -> None:
    crashed(service, ses, plain())
    clock.forward(TIMEOUTS.lost_response - 1)

    assert service.send(plain()).claim is ClaimStatus.BUSY


def test_retry_does_not_settle_recipients_it_does_not_cover(
    service: SendService, store: MemoryEmailStore, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    ses.respond(BEN, SendState.REJECTED)
    ses.respond(CARL, SendState.FAILED, RetryHint.SOON)
    store.release = unreachable  # type: ignore[method-assign]
    with pytest.raises(ResultNotStoredError):
        service.send(merged(ANNA, BEN, CARL))
    del store.release
    accepted_by_event(store, ANNA)
    del ses.results[CARL]
    clock.forward(TIMEOUTS.lost_response + 1)

    service.send(queue.jobs[0])
    service.send(merged(ANNA, BEN, CARL))

    assert ses.addresses == [[ANNA, BEN, CARL], [CARL], [BEN]]
    assert states(store)[BEN] is EmailState.REJECTED


def unreachable(*_args: object, **_named: object) -> NoReturn:
    raise StoreError("no response")


def test_retry_that_was_not_queued_can_be_sent_at_once(
    service: SendService, ses: FakeSES, queue: ListQueue
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    queue.raises = [QueueError()]
    with pytest.raises(QueueError):
        service.send(merged(ANNA, BEN))
    ses.results.clear()

    service.send(merged(ANNA, BEN))

    assert ses.addresses[1] == [BEN]
