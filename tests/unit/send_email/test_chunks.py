"""Messages to more than 50 recipients go in chunks."""

from __future__ import annotations

import pytest

from amsdal_mail import EmailMessage
from email_store.memory import MemoryEmailStore
from email_store.states import EmailState
from send_email.sending.errors import QueueError
from send_email.sending.recipients import in_chunks, restrict_to
from send_email.sending.service import SendService
from tests.unit.send_email.fakes import FakeSES, ListQueue
from tests.unit.send_email.jobs import (
    ID,
    merged,
)

MANY = tuple(f"p{number}@example.com" for number in range(120))


def test_more_than_50_recipients_go_in_chunks(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    outcome = service.send(merged(*MANY))

    assert outcome.is_queued
    assert not ses.sent
    assert [len(job.addresses) for job in queue.jobs] == [50, 50, 20]
    before = store.load(ID)
    assert before is not None
    assert before.counts == {EmailState.QUEUED: 120}

    for job in queue.jobs:
        service.send(job)

    after = store.load(ID)
    assert after is not None
    assert after.state is EmailState.ACCEPTED
    assert after.counts == {EmailState.ACCEPTED: 120}


def test_chunk_keeps_the_merge_data_of_its_recipients(
    service: SendService, queue: ListQueue
) -> None:
    service.send(merged(*MANY))

    last = queue.jobs[-1].message
    assert last.merge_data == {address: {"name": address} for address in MANY[100:]}


def test_chunks_and_retries_keep_the_data_of_their_recipients() -> None:
    message = EmailMessage(
        body="b",
        from_email="shop@example.com",
        to=MANY,
        merge_headers={f"P <{address}>": {"X-A": address} for address in MANY},
        merge_metadata={address: {"a": address} for address in MANY[:110]},
    )

    last = in_chunks(message, 50)[-1]
    rest = restrict_to(last, {MANY[109], MANY[110]})

    assert rest is not None
    assert len(last.to) == 20
    assert rest.merge_headers == {address: {"X-A": address} for address in MANY[109:111]}
    assert rest.merge_metadata == {MANY[109]: {"a": MANY[109]}}
    assert rest.merge_data is None
    assert rest.is_personalized


def test_chunks_delivered_twice_are_sent_once(
    service: SendService, ses: FakeSES, queue: ListQueue
) -> None:
    service.send(merged(*MANY))
    for job in [*queue.jobs, *queue.jobs]:
        service.send(job)

    assert len(ses.sent) == 3


def test_repeated_request_is_not_split_again(service: SendService, queue: ListQueue) -> None:
    service.send(merged(*MANY))
    repeated = service.send(merged(*MANY))

    assert repeated.is_replay
    assert repeated.is_queued
    assert len(queue.entries) == 3


def test_failed_split_can_be_repeated_at_once(service: SendService, queue: ListQueue) -> None:
    queue.raises = [QueueError()]
    with pytest.raises(QueueError):
        service.send(merged(*MANY))

    service.send(merged(*MANY))

    assert len(queue.entries) == 3
