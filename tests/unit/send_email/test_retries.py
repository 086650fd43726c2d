"""Recipients that SES cannot accept now are queued again, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amsdal_mail.status import RetryHint, SendState
from email_store.claims import ClaimStatus
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.sending.backoff import MAX_RETRIES
from send_email.sending.errors import PoisonMessageError
from send_email.sending.service import MAX_POSTPONES, SendService
from tests.unit.send_email.conftest import TIMEOUTS
from tests.unit.send_email.fakes import NOW, Clock, FakeSendRate, FakeSES, ListQueue
from tests.unit.send_email.jobs import ANNA, BEN, CARL, crashed, merged, plain, states


def test_only_throttled_recipients_are_queued_again(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON, "ACCOUNT_THROTTLED")

    outcome = service.send(merged(ANNA, BEN))

    (job,) = queue.jobs
    assert job.addresses == [BEN]
    assert job.message.merge_data == {BEN: {"name": BEN}}
    assert outcome.is_queued
    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.QUEUED}


def test_retry_covers_only_the_rest_and_settles_the_email(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    service.send(merged(ANNA, BEN))
    ses.results.clear()

    outcome = service.send(queue.jobs[0])

    assert ses.addresses == [[ANNA, BEN], [BEN]]
    assert set(outcome.results) == {ANNA, BEN}
    assert service.send(merged(ANNA, BEN)).is_replay


def test_accepted_copies_stay_in_the_retry(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    service.send(merged(ANNA, BEN, cc=(CARL,)))
    ses.results.clear()

    service.send(queue.jobs[0])

    assert ses.addresses == [[ANNA, BEN, CARL], [BEN, CARL]]
    assert set(states(store).values()) == {EmailState.ACCEPTED}


def test_repeated_original_record_sends_only_to_the_rest(
    service: SendService, ses: FakeSES
) -> None:
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    service.send(merged(ANNA, BEN))
    ses.results.clear()

    service.send(merged(ANNA, BEN))

    assert ses.addresses[1] == [BEN]


@pytest.mark.parametrize(
    ("retry", "retry_count", "seconds"),
    [
        (RetryHint.SOON, 0, 2),
        (RetryHint.SOON, 1, 4),
        (RetryHint.SOON, 7, 256),
        (RetryHint.SOON, 50, 900),
        (RetryHint.LATER, 0, 900),
    ],
)
def test_delays_grow_up_to_the_limit_of_sqs(
    service: SendService,
    ses: FakeSES,
    queue: ListQueue,
    retry: RetryHint,
    retry_count: int,
    seconds: int,
) -> None:
    ses.respond(ANNA, SendState.FAILED, retry)
    job = plain()
    for _ in range(retry_count):
        job = job.retry_with(job.message, job.retry_count + 1)

    service.send(job)

    ((put, delay),) = queue.entries
    assert delay == seconds
    assert put.retry_count == retry_count + 1


def test_email_is_abandoned_after_days(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.LATER, "SendingPausedException")
    job = plain()
    for _ in range(MAX_RETRIES):
        job = job.retry_with(job.message, job.retry_count + 1)

    outcome = service.send(job)

    assert outcome.is_abandoned
    assert not queue.entries
    assert states(store) == {ANNA: EmailState.FAILED}


def test_rate_limited_email_is_queued_without_a_call(
    service: SendService, ses: FakeSES, queue: ListQueue, send_rate: FakeSendRate
) -> None:
    send_rate.is_free = False

    outcome = service.send(plain())

    assert not ses.sent
    assert outcome.is_queued
    assert [delay for _, delay in queue.entries] == [2]


@pytest.mark.parametrize(
    ("seconds", "is_sent"), [(TIMEOUTS.min_remaining, True), (29, False), (-1, False)]
)
def test_call_starts_only_with_enough_time_left(
    service: SendService, ses: FakeSES, queue: ListQueue, seconds: float, is_sent: bool
) -> None:
    outcome = service.send(plain(), NOW + timedelta(seconds=seconds))

    assert bool(ses.sent) is is_sent
    assert outcome.is_queued is not is_sent
    assert len(queue.entries) == (0 if is_sent else 1)


@pytest.mark.parametrize(("passed", "delay"), [(0, 900), (600.5, 300), (899.9, 1), (2000, 1)])
def test_duplicate_is_postponed_until_the_lease_ends(
    service: SendService,
    ses: FakeSES,
    queue: ListQueue,
    clock: Clock,
    passed: float,
    delay: int,
) -> None:
    crashed(service, ses, plain())
    busy = service.send(plain())
    clock.forward(passed)

    service.postpone(plain(), busy)

    assert busy.claim is ClaimStatus.BUSY
    assert queue.entries == [(plain().postponed(), delay)]


def test_email_that_crashes_every_worker_is_poison(
    service: SendService, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    job = plain()
    for _ in range(MAX_POSTPONES):
        crashed(service, ses, job)
        service.postpone(job, service.send(job))
        job, delay = queue.entries.pop()
        clock.forward(delay)
    crashed(service, ses, job)

    with pytest.raises(PoisonMessageError):
        service.postpone(job, service.send(job))


def test_attempt_resets_the_postpone_count(
    service: SendService, ses: FakeSES, queue: ListQueue
) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)

    service.send(plain().postponed())

    assert [job.postpone_count for job in queue.jobs] == [0]


def test_rate_limited_email_is_never_abandoned(
    service: SendService, send_rate: FakeSendRate, queue: ListQueue
) -> None:
    send_rate.is_free = False
    job = plain()
    for _ in range(MAX_RETRIES + 1):
        assert not service.send(job).is_abandoned
        job, delay = queue.entries.pop()

    assert delay == 900


def test_rate_counts_copies_for_each_personalized_recipient(
    service: SendService, send_rate: FakeSendRate
) -> None:
    service.send(merged(ANNA, BEN, cc=(CARL,)))

    assert send_rate.asked == [4]
