from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest

from amsdal_mail.exceptions import ConfigurationError
from amsdal_mail.message import EmailMessage
from amsdal_mail.status import RecipientStatus, Retry, SendState, SendStatus
from email_store.claims import ClaimOutcome
from email_store.memory import MemoryEmailStore
from email_store.records import RecipientRecord, Suppression
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.delivery import Delivery
from send_email.requeue import MAX_REQUEUES
from send_email.send_queue import MessageTooLargeError, QueueError
from send_email.service import SendService
from tests.unit.send_email.conftest import NOW, TIMES, Clock, FakeSES, FakeTurns, ListQueue

ANNA, BEN, CARL = "anna@example.com", "ben@example.com", "carl@example.com"
ID = "order-1"


def plain(*to: str, body: str = "Hello") -> Delivery:
    message = EmailMessage(subject="Hi", body=body, from_email="shop@example.com", to=to or (ANNA,))
    return Delivery.of(ID, message)


def merged(*to: str, cc: tuple[str, ...] = ()) -> Delivery:
    message = EmailMessage(
        template_id="hello",
        from_email="shop@example.com",
        to=to,
        cc=cc,
        merge_data={one: {"name": one} for one in to},
    )
    return Delivery.of(ID, message)


def states(store: MemoryEmailStore) -> dict[str, EmailState]:
    found = store.load(ID)
    assert found is not None
    return {one.address: one.state for one in found.recipients}


def accepted_by_event(store: MemoryEmailStore, address: str) -> None:
    seen = RecipientRecord(
        email_id=ID, address=address, state=EmailState.ACCEPTED, at=NOW, message_id="ses-0"
    )
    store.raise_recipient(seen, now=NOW)


# Sending


def test_a_message_is_sent_with_its_id_as_a_tag(service: SendService, ses: FakeSES) -> None:
    outcome = service.send(plain(ANNA, BEN))

    assert ses.addresses == [[ANNA, BEN]]
    assert ses.tags == [{"email_id": ID}]
    assert {one.message_id for one in outcome.results.values()} == {"ses-1"}
    assert not outcome.is_queued
    assert not outcome.is_refused


def test_a_settled_email_is_not_sent_again(service: SendService, ses: FakeSES) -> None:
    first = service.send(plain())
    again = service.send(plain())

    assert again.is_replay
    assert again.results == first.results
    assert len(ses.sent) == 1


def test_the_same_id_with_another_body_is_a_conflict_and_shows_nothing_of_the_other(
    service: SendService, ses: FakeSES
) -> None:
    service.send(plain(ANNA))

    outcome = service.send(plain(BEN))

    assert (outcome.claim, outcome.results) == (ClaimOutcome.CONFLICT, {})
    assert len(ses.sent) == 1


def test_the_order_of_keys_makes_no_other_body() -> None:
    one = EmailMessage(body="b", from_email="a@b.example", to=[ANNA], metadata={"a": "1", "b": "2"})
    two = EmailMessage(body="b", from_email="a@b.example", to=[ANNA], metadata={"b": "2", "a": "1"})

    assert Delivery.of(ID, one).fingerprint == Delivery.of(ID, two).fingerprint


def test_while_one_sends_the_other_waits(service: SendService, ses: FakeSES) -> None:
    outcomes = []
    ses.before = lambda: outcomes.append(service.send(plain()).claim)

    service.send(plain())

    assert outcomes == [ClaimOutcome.BUSY]
    assert len(ses.sent) == 1


def test_a_refused_recipient_is_settled_as_rejected(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.answer(ANNA, SendState.REJECTED, code="MessageRejected")

    outcome = service.send(plain())

    assert outcome.is_refused
    assert states(store) == {ANNA: EmailState.REJECTED}
    assert not queue.entries
    assert service.send(plain()).is_replay


# Suppression


def suppress(store: MemoryEmailStore, *addresses: str) -> None:
    for one in addresses:
        store.suppress(Suppression(address=one, reason="bounce", at=NOW))


def test_suppressed_recipients_are_held_back_and_the_others_get_it(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, BEN)

    service.send(plain(ANNA, BEN))

    assert ses.addresses == [[ANNA]]
    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.SUPPRESSED}


def test_nothing_is_sent_when_everyone_is_suppressed(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, ANNA)

    assert service.send(plain()).is_refused
    assert not ses.sent


def test_copies_are_held_back_with_the_addresses_they_go_with(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, ANNA)

    outcome = service.send(merged(ANNA, cc=(CARL,)))

    assert not ses.sent
    assert not outcome.is_queued
    assert states(store) == {ANNA: EmailState.SUPPRESSED, CARL: EmailState.SUPPRESSED}


def test_a_suppressed_copy_is_left_out_of_every_message(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, CARL)

    service.send(merged(ANNA, BEN, cc=(CARL,)))

    assert ses.addresses == [[ANNA, BEN]]


# What SES cannot take just then


def test_only_the_throttled_recipients_of_a_merged_message_go_back_on_the_queue(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.answer(BEN, SendState.FAILED, Retry.SOON, "ACCOUNT_THROTTLED")

    outcome = service.send(merged(ANNA, BEN))

    (delivery,) = queue.deliveries
    assert delivery.addresses == [BEN]
    assert delivery.message.merge_data == {BEN: {"name": BEN}}
    assert outcome.is_queued
    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.QUEUED}


def test_the_remainder_is_sent_to_nobody_else_and_settles_the_email(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.answer(BEN, SendState.FAILED, Retry.SOON)
    service.send(merged(ANNA, BEN))
    ses.answers.clear()

    outcome = service.send(queue.deliveries[0])

    assert ses.addresses == [[ANNA, BEN], [BEN]]
    assert set(outcome.results) == {ANNA, BEN}
    assert service.send(merged(ANNA, BEN)).is_replay


def test_the_original_record_delivered_again_sends_only_to_the_remainder(
    service: SendService, ses: FakeSES
) -> None:
    ses.answer(BEN, SendState.FAILED, Retry.SOON)
    service.send(merged(ANNA, BEN))
    ses.answers.clear()

    service.send(merged(ANNA, BEN))

    assert ses.addresses[1] == [BEN]


@pytest.mark.parametrize(
    ("retry", "requeues", "seconds"),
    [
        (Retry.SOON, 0, 2),
        (Retry.SOON, 1, 4),
        (Retry.SOON, 7, 256),
        (Retry.SOON, 50, 900),
        (Retry.LATER, 0, 900),
    ],
)
def test_delays_grow_up_to_what_sqs_allows(
    service: SendService,
    ses: FakeSES,
    queue: ListQueue,
    retry: Retry,
    requeues: int,
    seconds: int,
) -> None:
    ses.answer(ANNA, SendState.FAILED, retry)
    delivery = plain()
    for _ in range(requeues):
        delivery = delivery.again(delivery.message)

    service.send(delivery)

    ((put, delay),) = queue.entries
    assert delay == seconds
    assert put.requeues == requeues + 1


def test_after_days_an_email_is_given_up(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.answer(ANNA, SendState.FAILED, Retry.LATER, "SendingPausedException")
    delivery = plain()
    for _ in range(MAX_REQUEUES):
        delivery = delivery.again(delivery.message)

    outcome = service.send(delivery)

    assert outcome.is_given_up
    assert not queue.entries
    assert states(store) == {ANNA: EmailState.FAILED}


def test_without_a_turn_nothing_is_called_and_the_email_goes_back(
    service: SendService, ses: FakeSES, queue: ListQueue, turns: FakeTurns
) -> None:
    turns.is_free = False

    outcome = service.send(plain())

    assert not ses.sent
    assert outcome.is_queued
    assert [delay for _, delay in queue.entries] == [2]


@pytest.mark.parametrize(("seconds", "is_sent"), [(TIMES.closing, True), (29, False), (-1, False)])
def test_no_call_is_begun_that_might_not_end_before_the_function_does(
    service: SendService, ses: FakeSES, queue: ListQueue, seconds: float, is_sent: bool
) -> None:
    outcome = service.send(plain(), NOW + timedelta(seconds=seconds))

    assert bool(ses.sent) is is_sent
    assert outcome.is_queued is not is_sent
    assert len(queue.entries) == (0 if is_sent else 1)


@pytest.mark.parametrize(("passed", "delay"), [(0, 900), (600.5, 300), (899.9, 1), (2000, 1)])
def test_a_duplicate_is_put_off_until_the_lease_is_over(
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

    service.put_off(plain(), busy)

    assert busy.claim is ClaimOutcome.BUSY
    assert queue.entries == [(plain(), delay)]


def test_the_pace_counts_a_copy_for_every_merged_recipient(
    service: SendService, turns: FakeTurns
) -> None:
    service.send(merged(ANNA, BEN, cc=(CARL,)))

    assert turns.asked == [4]


# Unknown outcomes and crashes


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
    clock.forward(TIMES.lost_answer - 1)

    assert service.send(plain()).claim is ClaimOutcome.BUSY
    assert service.enqueue(plain()).claim is ClaimOutcome.BUSY
    assert len(ses.sent) == 1


def test_a_lost_answer_that_no_event_tells_of_is_sent_again(
    service: SendService, ses: FakeSES, queue: ListQueue, clock: Clock
) -> None:
    ses.answer(ANNA, SendState.UNKNOWN)
    service.send(plain())
    ses.answers.clear()
    clock.forward(TIMES.lost_answer)

    outcome = service.send(queue.deliveries[0])

    assert outcome.results[ANNA].message_id == "ses-2"


def test_a_send_event_settles_a_lost_answer_without_sending_again(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue, clock: Clock
) -> None:
    ses.answer(ANNA, SendState.UNKNOWN)
    service.send(plain())
    accepted_by_event(store, ANNA)
    clock.forward(TIMES.lost_answer)

    outcome = service.send(queue.deliveries[0])

    assert len(ses.sent) == 1
    assert outcome.results[ANNA].message_id == "ses-0"
    assert not outcome.is_queued


def test_after_a_crash_only_those_are_sent_to_whom_no_event_shows(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    delivery = merged(ANNA, BEN)
    crashed(service, ses, delivery)
    accepted_by_event(store, ANNA)
    clock.forward(TIMES.lost_answer)

    service.send(delivery)

    assert ses.addresses == [[BEN]]


def test_after_a_crash_one_event_of_a_plain_message_speaks_for_all_its_recipients(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    crashed(service, ses, plain(ANNA, BEN))
    accepted_by_event(store, ANNA)
    clock.forward(TIMES.lost_answer)

    outcome = service.send(plain(ANNA, BEN))

    assert not ses.sent
    assert {one.state for one in outcome.results.values()} == {SendState.ACCEPTED}


def test_after_a_crash_nobody_sends_before_the_lease_ran_out(
    service: SendService, ses: FakeSES, clock: Clock
) -> None:
    crashed(service, ses, plain())
    clock.forward(TIMES.lost_answer - 1)

    assert service.send(plain()).claim is ClaimOutcome.BUSY


def crashed(service: SendService, ses: FakeSES, delivery: Delivery) -> None:
    ses.raises = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        service.send(delivery)


@pytest.mark.parametrize("trouble", [QueueError(), MessageTooLargeError()])
def test_what_cannot_go_back_on_the_queue_is_remembered_and_can_be_sent_at_once(
    service: SendService, ses: FakeSES, queue: ListQueue, trouble: Exception
) -> None:
    ses.answer(BEN, SendState.FAILED, Retry.SOON)
    queue.raises = [trouble]
    with pytest.raises(QueueError):
        service.send(merged(ANNA, BEN))
    ses.answers.clear()

    service.send(merged(ANNA, BEN))

    assert ses.addresses[1] == [BEN]


# A set-up that AWS refuses


@pytest.mark.parametrize("has_status", [True, False], ids=["said by AWS", "nothing was called"])
def test_a_wrong_set_up_loses_nothing(
    service: SendService, ses: FakeSES, queue: ListQueue, has_status: bool
) -> None:
    denied = RecipientStatus(ANNA, SendState.FAILED, None, "AccessDenied", "no", Retry.LATER)
    ses.raises = [ConfigurationError("no", SendStatus.of([denied]) if has_status else None)]

    outcome = service.send(plain())

    assert outcome.is_misconfigured
    assert [delay for _, delay in queue.entries] == [900]


# The queue


def test_an_email_for_later_is_known_and_queued(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    outcome = service.enqueue(plain())

    assert outcome.is_queued
    assert queue.deliveries == [plain()]
    assert states(store) == {ANNA: EmailState.QUEUED}
    service.send(queue.deliveries[0])
    assert len(ses.sent) == 1


def test_an_email_that_was_sent_is_not_queued_again(service: SendService, queue: ListQueue) -> None:
    service.send(plain())

    assert service.enqueue(plain()).is_replay
    assert not queue.entries


def test_an_email_the_queue_did_not_take_is_put_there_by_the_next_request(
    service: SendService, queue: ListQueue
) -> None:
    queue.raises = [QueueError()]
    with pytest.raises(QueueError):
        service.enqueue(plain())

    service.enqueue(plain())

    assert len(queue.entries) == 1


# Over 50 recipients

MANY = tuple(f"p{number}@example.com" for number in range(120))


def test_more_than_50_recipients_go_in_chunks_that_are_sent_and_seen_as_one(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    outcome = service.send(merged(*MANY))

    assert outcome.is_queued
    assert not ses.sent
    assert [len(one.addresses) for one in queue.deliveries] == [50, 50, 20]
    before = store.load(ID)
    assert before is not None
    assert before.counts == {EmailState.QUEUED: 120}

    for delivery in queue.deliveries:
        service.send(delivery)

    after = store.load(ID)
    assert after is not None
    assert after.state is EmailState.ACCEPTED
    assert after.counts == {EmailState.ACCEPTED: 120}


def test_a_chunk_keeps_the_merge_data_of_its_recipients(
    service: SendService, queue: ListQueue
) -> None:
    service.send(merged(*MANY))

    last = queue.deliveries[-1].message
    assert last.merge_data == {one: {"name": one} for one in MANY[100:]}


def test_chunks_delivered_twice_are_sent_once(
    service: SendService, ses: FakeSES, queue: ListQueue
) -> None:
    service.send(merged(*MANY))
    for delivery in [*queue.deliveries, *queue.deliveries]:
        service.send(delivery)

    assert len(ses.sent) == 3


def test_a_repeated_request_is_not_split_again(service: SendService, queue: ListQueue) -> None:
    service.send(merged(*MANY))
    again = service.send(merged(*MANY))

    assert again.is_replay
    assert again.is_queued
    assert len(queue.entries) == 3


def test_a_split_that_was_cut_short_can_be_made_again_at_once(
    service: SendService, queue: ListQueue
) -> None:
    queue.raises = [QueueError()]
    with pytest.raises(QueueError):
        service.send(merged(*MANY))

    service.send(merged(*MANY))

    assert len(queue.entries) == 3


class UnreachableStore(MemoryEmailStore):
    def claim(self, *_: object, **__: object) -> NoReturn:
        raise StoreError


def test_nothing_is_sent_that_cannot_be_remembered(service: SendService, ses: FakeSES) -> None:
    with pytest.raises(StoreError):
        replace(service, store=UnreachableStore()).send(plain())

    assert not ses.sent
