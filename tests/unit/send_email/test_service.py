from __future__ import annotations

from dataclasses import replace
from typing import NoReturn
from unittest.mock import Mock

import pytest
from typing_extensions import override

from amsdal_mail.exceptions import FieldError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import ConfigurationError, RecipientStatus, RetryHint, SendState, SendStatus
from email_store.claims import ClaimStatus
from email_store.memory import MemoryEmailStore
from email_store.records import Suppression
from email_store.states import EmailState
from email_store.store import StoreError
from send_email.sending.errors import QueueError
from send_email.sending.service import SendService
from tests.unit.send_email.fakes import NOW, FakeSES, ListQueue
from tests.unit.send_email.jobs import (
    ANNA,
    BEN,
    CARL,
    ID,
    job_of,
    merged,
    plain,
    states,
)

# Sending


def test_message_is_sent_with_its_email_id_as_a_tag(service: SendService, ses: FakeSES) -> None:
    outcome = service.send(plain(ANNA, BEN))

    assert ses.addresses == [[ANNA, BEN]]
    assert ses.tags == [{"email_id": ID}]
    assert {status.message_id for status in outcome.results.values()} == {"ses-1"}
    assert not outcome.is_queued
    assert not outcome.is_refused


def test_settled_email_is_not_sent_again(service: SendService, ses: FakeSES) -> None:
    first = service.send(plain())
    repeated = service.send(plain())

    assert repeated.is_replay
    assert repeated.results == first.results
    assert len(ses.sent) == 1


def test_conflict_hides_the_results_of_the_other_email(service: SendService, ses: FakeSES) -> None:
    service.send(plain(ANNA))

    outcome = service.send(plain(BEN))

    assert (outcome.claim, outcome.results) == (ClaimStatus.CONFLICT, {})
    assert len(ses.sent) == 1


def test_order_of_keys_does_not_change_the_fingerprint() -> None:
    message = EmailMessage(
        body="b", from_email="a@b.example", to=[ANNA], metadata={"a": "1", "b": "2"}
    )
    reordered = EmailMessage(
        body="b", from_email="a@b.example", to=[ANNA], metadata={"b": "2", "a": "1"}
    )

    assert job_of(ID, message).fingerprint == (job_of(ID, reordered).fingerprint)


def test_only_one_worker_sends(service: SendService, ses: FakeSES) -> None:
    outcomes = []
    ses.before = lambda: outcomes.append(service.send(plain()).claim)

    service.send(plain())

    assert outcomes == [ClaimStatus.BUSY]
    assert len(ses.sent) == 1


def test_refused_recipient_is_settled_as_rejected(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    ses.respond(ANNA, SendState.REJECTED, code="MessageRejected")

    outcome = service.send(plain())

    assert outcome.is_refused
    assert states(store) == {ANNA: EmailState.REJECTED}
    assert not queue.entries
    assert service.send(plain()).is_replay


# Suppression


def suppress(store: MemoryEmailStore, *addresses: str) -> None:
    for address in addresses:
        store.suppress(Suppression(address=address, reason="bounce", at=NOW))


def test_suppressed_recipients_are_left_out(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, BEN)

    service.send(plain(ANNA, BEN))

    assert ses.addresses == [[ANNA]]
    assert states(store) == {ANNA: EmailState.ACCEPTED, BEN: EmailState.SUPPRESSED}


def test_nothing_is_sent_when_all_recipients_are_suppressed(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, ANNA)

    assert service.send(plain()).is_refused
    assert not ses.sent


def test_copies_are_suppressed_with_their_main_recipients(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, ANNA)

    outcome = service.send(merged(ANNA, cc=(CARL,)))

    assert not ses.sent
    assert not outcome.is_queued
    assert states(store) == {ANNA: EmailState.SUPPRESSED, CARL: EmailState.SUPPRESSED}


def test_suppressed_copy_is_left_out_of_every_message(
    service: SendService, ses: FakeSES, store: MemoryEmailStore
) -> None:
    suppress(store, CARL)

    service.send(merged(ANNA, BEN, cc=(CARL,)))

    assert ses.addresses == [[ANNA, BEN]]


# A set-up that AWS refuses


@pytest.mark.parametrize("has_status", [True, False], ids=["said by AWS", "nothing was called"])
def test_wrong_set_up_loses_no_email(
    service: SendService, ses: FakeSES, queue: ListQueue, has_status: bool
) -> None:
    denied = RecipientStatus(ANNA, SendState.FAILED, None, "AccessDenied", "no", RetryHint.LATER)
    ses.raises = [
        ConfigurationError("no", SendStatus.from_recipients([denied]) if has_status else None)
    ]

    outcome = service.send(plain())

    assert outcome.is_misconfigured
    assert [delay for _, delay in queue.entries] == [900]


# The queue


def test_enqueued_email_is_stored_and_queued(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, queue: ListQueue
) -> None:
    outcome = service.enqueue(plain())

    assert outcome.is_queued
    assert queue.jobs == [plain()]
    assert states(store) == {ANNA: EmailState.QUEUED}
    service.send(queue.jobs[0])
    assert len(ses.sent) == 1


def test_sent_email_is_not_queued_again(service: SendService, queue: ListQueue) -> None:
    service.send(plain())

    assert service.enqueue(plain()).is_replay
    assert not queue.entries


def test_repeated_request_queues_an_email_that_was_not_queued(
    service: SendService, queue: ListQueue
) -> None:
    queue.raises = [QueueError()]
    with pytest.raises(QueueError):
        service.enqueue(plain())

    service.enqueue(plain())

    assert len(queue.entries) == 1


class UnreachableStore(MemoryEmailStore):
    @override
    def claim(self, *_: object, **__: object) -> NoReturn:
        raise StoreError


def test_nothing_is_sent_when_the_claim_fails(service: SendService, ses: FakeSES) -> None:
    with pytest.raises(StoreError):
        replace(service, store=UnreachableStore()).send(plain())

    assert not ses.sent


def test_failed_look_up_does_not_hold_the_email(
    service: SendService, ses: FakeSES, store: MemoryEmailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store, "suppressed_and_note", Mock(side_effect=StoreError("throttled")))
        with pytest.raises(StoreError, match="throttled"):
            service.send(plain())

    assert service.send(plain()).claim is ClaimStatus.CLAIMED
    assert len(ses.sent) == 1


# Rejecting

ERRORS = [FieldError("to", "must not be empty")]


def test_rejected_email_is_stored_under_the_first_free_id(
    service: SendService, store: MemoryEmailStore
) -> None:
    service.send(plain())

    outcome = service.reject(ERRORS, [ID, "record-1", "record-2"])

    assert (outcome.email_id, outcome.is_invalid) == ("record-1", True)
    assert states(store) == {ANNA: EmailState.ACCEPTED}
    assert store.load("record-1") is not None
    assert store.load("record-2") is None


def test_rejected_email_is_not_stored_when_all_ids_are_taken(
    service: SendService, store: MemoryEmailStore
) -> None:
    service.send(plain())
    stored = store.load(ID)

    outcome = service.reject(ERRORS, [ID])

    assert (outcome.email_id, outcome.is_invalid) == (ID, True)
    assert store.load(ID) == stored


def test_rejecting_without_an_id_is_an_error(service: SendService) -> None:
    with pytest.raises(ValueError, match="email_ids must have at least one id"):
        service.reject(ERRORS, [])
