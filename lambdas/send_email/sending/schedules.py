"""Schedules: keeps emails until their time, moves them and cancels them.

The record of an email says when it is due, and only a claim sends it. A timer only makes a worker
look at the record. So nothing is sent early, twice or after a cancellation, whichever timers come,
and nothing is lost as long as one of them comes: a timer that is early sets the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from email_store.claims import ClaimStatus
from email_store.store import EmailStore, StoreError
from send_email.sending.content_store import ContentMissingError, ContentStore
from send_email.sending.errors import QueueError, TooLateError, UnknownEmailError
from send_email.sending.job import SendJob, SendOutcome
from send_email.sending.notices import Notice, NoticeBus, NoticeKind
from send_email.sending.ports import JobQueue
from send_email.sending.scheduled_content import delete_content, read_message, store_message
from send_email.sending.timers import Timer, Timers
from send_email.sending.timing import Timing

if TYPE_CHECKING:
    from datetime import datetime

    from amsdal_mail.message.stored_request import StoredContent
    from email_store.claims import Claim, UnitState
    from send_email.sending.keeping import Keeper

__all__ = ["Schedules"]

MAX_TRIES = 5
"""How often a move or a cancellation is tried while others move the email."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """Emails that wait for their time. Thread-safe: it holds no state but its collaborators.

    Raises:
        StoreError, QueueError, ContentStoreError: nothing is lost; the same call can be repeated.
        UnknownEmailError: there is no such email.
        TooLateError: a worker has claimed the email, or its state is final.
        InvalidMessageError: the time is not possible.
    """

    store: EmailStore
    contents: ContentStore
    timers: Timers
    queue: JobQueue
    bus: NoticeBus
    clock: Callable[[], datetime]
    keeper: Callable[[], Keeper] | None = None
    """Returns the keeper of messages; None when none is kept."""

    def schedule(self, job: SendJob) -> SendOutcome:
        """Keep the job until its time.

        Content first, then the record, then the timer: a crash leaves an email that the caller
        has no response for, and the same request completes it. The content of the job stays: SQS
        may deliver it again, when the email is due.
        """
        now = self.clock()
        content = store_message(self.contents, job)
        addresses = job.addresses if job.is_one_call else ()
        chunk_count = 0 if job.is_one_call else len(job.chunks())
        record = job.record(now, chunk_count, content)
        claim = self.store.register(record, addresses)
        if claim.content != content:
            delete_content(self.contents, content)
        # After a move, the time may be past: then the status is CLAIMED, and it needs a timer too.
        keep_error = ""
        if claim.send_at and claim.status in {ClaimStatus.SCHEDULED, ClaimStatus.CLAIMED}:
            if self.keeper:
                keep_error = self.keeper().keep_waiting(job, claim)
            self.timers.set(Timer(job.email_id, claim.generation, claim.send_at, job.stream), now)
            self.bus.publish(
                Notice(
                    kind=NoticeKind.SCHEDULED,
                    email_id=job.email_id,
                    at=now,
                    recipient_count=len(job.addresses),
                    send_at=claim.send_at,
                    expires_at=claim.expires_at,
                    generation=claim.generation,
                )
            )
        return SendOutcome.from_claim(claim, keep_error)

    def keep(self, job: SendJob, claim: Claim) -> None:
        """Set the timer of an email that was claimed before its time."""
        if claim.send_at is not None:
            self.set_again(Timer(job.email_id, claim.generation, claim.send_at, job.stream))

    def due_unit(self, email_id: str) -> UnitState | None:
        """Return the unit of an email whose timer came, or None when there is nothing to send.

        An email that is not due gets a timer again: this one was early, or the email was moved.
        An email that is done loses its content: its worker may have crashed before it did that.
        """
        unit = self.store.find_unit(email_id)
        if unit is None or unit.send_at is None or unit.content is None:
            return None
        if unit.is_settled:
            delete_content(self.contents, unit.content)
            return None
        if unit.send_at > self.clock():
            self.set_again(Timer(email_id, unit.generation, unit.send_at, unit.stream))
            return None
        return unit

    def job_of(self, email_id: str, unit: UnitState) -> SendJob:
        """Return the job of a scheduled email.

        Raises:
            ContentMissingError: the content is deleted. A worker that claimed the email has put
                the rest of it on the queue before.
        """
        if unit.content is None:
            raise ContentMissingError(email_id)
        message = read_message(self.contents, unit.content)
        timing = Timing(unit.send_at, unit.expires_at)
        return SendJob(
            email_id=email_id,
            message=message,
            fingerprint=unit.fingerprint,
            stream=unit.stream,
            timing=timing,
        )

    def forget(self, job: SendJob, content: StoredContent) -> None:
        """Delete the content of a scheduled email that is settled. A job of it settled it."""
        delete_content(self.contents, content, job.message)

    def move(self, email_id: str, send_at: datetime) -> None:
        """Give a scheduled email another time.

        The record first: when the new timer cannot be set, the old one finds the new time.
        """
        for _ in range(MAX_TRIES):
            unit = _waiting(self.store.find_unit(email_id))
            # The record of an email on the queue has no content: the queue has the only copy.
            if unit.send_at is None or unit.content is None:
                raise TooLateError("The email is not scheduled: it waits on the queue.")
            now = self.clock()
            timing = Timing(unit.send_at, unit.expires_at)
            moved = timing.time_of_move(send_at, unit.created_at, now)
            if self.store.move(email_id, unit, moved, now=now):
                generation = unit.generation + 1
                self.timers.set(Timer(email_id, generation, moved, unit.stream), now)
                self._publish(NoticeKind.SCHEDULED, email_id, unit, moved, generation)
                self.timers.drop(Timer(email_id, unit.generation, unit.send_at, unit.stream))
                return
        raise StoreError(f"{email_id} was moved {MAX_TRIES} times meanwhile")

    def cancel(self, email_id: str) -> None:
        """Stop an email that waits. After that, nothing of it is ever sent."""
        unit = self._canceled(email_id)
        self._publish(NoticeKind.CANCELED, email_id, unit, unit.send_at, unit.generation)
        if unit.send_at is not None:
            self.timers.drop(Timer(email_id, unit.generation, unit.send_at, unit.stream))
        if unit.content is not None:
            delete_content(self.contents, unit.content)

    def set_again(self, timer: Timer) -> None:
        """Set a timer that must not be lost, also without EventBridge Scheduler."""
        now = self.clock()
        try:
            self.timers.set(timer, now)
        except QueueError:
            self.timers.set_near(timer, now)

    def _canceled(self, email_id: str) -> UnitState:
        """Cancel the email and return its unit. A canceled email may be canceled again."""
        for _ in range(MAX_TRIES):
            unit = self.store.find_unit(email_id)
            if unit is not None and unit.is_canceled:
                return unit
            waiting = _waiting(unit)
            if self.store.cancel(email_id, waiting):
                return waiting
        raise StoreError(f"{email_id} changed {MAX_TRIES} times meanwhile")

    def _publish(
        self,
        kind: NoticeKind,
        email_id: str,
        unit: UnitState,
        send_at: datetime | None,
        generation: int,
    ) -> None:
        self.bus.publish(
            Notice(
                kind=kind,
                email_id=email_id,
                at=self.clock(),
                recipient_count=unit.recipient_count,
                send_at=send_at,
                expires_at=unit.expires_at,
                generation=generation,
            )
        )


def _waiting(unit: UnitState | None) -> UnitState:
    if unit is None:
        raise UnknownEmailError("Email not found.")
    if unit.is_canceled:
        raise TooLateError("The email is canceled.")
    if not unit.is_waiting:
        raise TooLateError("The email is sent, is being sent, or was rejected.")
    return unit
