"""SendService: claim, hold back, send, settle. Every email goes through here, however it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amsdal_mail.email_id import EMAIL_ID_TAG
from amsdal_mail.exceptions import FieldError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import ConfigurationError, RecipientStatus, RetryHint, SendState
from email_store.claims import Claim, ClaimStatus, Results, SendUnit
from email_store.records import EmailRecord
from email_store.store import EmailStore, StoreError
from send_email.queue.send_queue import MessageTooLargeError, QueueError, ensure_fits
from send_email.sending.backoff import (
    MAX_RETRIES,
    RATE_LIMITED,
    delay_seconds,
    delay_until,
    held_until,
    next_requeues,
)
from send_email.sending.job import SendJob
from send_email.sending.outcome import SendOutcome
from send_email.sending.ports import Queue, Sender, Turns
from send_email.sending.recipients import (
    OPEN,
    closed,
    counted_by_ses,
    held_back,
    only,
    pending,
    put_back,
    remainder,
)
from send_email.sending.timeouts import Timeouts

__all__ = ["PoisonMessageError", "ResultNotStoredError", "SendService"]

NO_DEADLINE = datetime.max.replace(tzinfo=UTC)
MAX_POSTPONES = 8
"""A lease lasts a quarter of an hour: nobody works on an email for two hours."""


class ResultNotStoredError(StoreError):
    """SES has answered, and what came of it is on the queue: only the table does not know it."""

    def __init__(self, outcome: SendOutcome) -> None:
        super().__init__("the answers could not be noted")
        self.outcome = outcome


class PoisonMessageError(Exception):
    """Whoever claims the email dies with it, again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendService:
    """Thread-safe: holds no state but its collaborators.

    Raises:
        StoreError, QueueError: nothing is lost; the same job can be made again.
        ResultNotStoredError: SES and the queue have everything; the table alone missed the answers.
        RecordTooLargeError, MessageTooLargeError: it never can be sent so; nothing is noted of it.
    """

    store: EmailStore
    sender: Sender
    queue: Queue
    turns: Turns
    times: Timeouts
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    """A number from 0 to 1, another one each time."""

    def deadline(self, remaining_milliseconds: int) -> datetime:
        """Say when the function will be stopped."""
        return self.clock() + timedelta(milliseconds=remaining_milliseconds)

    def send(self, job: SendJob, deadline: datetime = NO_DEADLINE) -> SendOutcome:
        """Send it now, unless somebody did or does; what has over 50 recipients goes in chunks.

        Near the deadline, when the function will be stopped, it goes back on the queue instead.
        """
        chunks = job.chunks()
        if len(chunks) > 1:
            return self._hand_over(job, chunks)
        now = self.clock()
        claim = self.store.claim(
            job.record(now),
            job.part,
            job.addresses,
            now=now,
            lease_seconds=self.times.lost_response,
        )
        if claim.status is not ClaimStatus.CLAIMED:
            return SendOutcome.of(claim)
        return self._send_claimed(job, claim, deadline)

    def enqueue(self, job: SendJob) -> SendOutcome:
        """Put it on the queue, unless it was sent, is being sent, or the id is another email's."""
        chunks = job.chunks()
        if len(chunks) > 1:
            return self._hand_over(job, chunks)
        ensure_fits(chunks)
        claim = self.store.register(job.record(self.clock()), job.addresses)
        if claim.status is ClaimStatus.CLAIMED:
            self.queue.put([job])
        return SendOutcome.of(claim)

    def postpone(self, job: SendJob, busy: SendOutcome) -> None:
        """Put back what somebody else is sending, to be looked at when the lease has run out.

        By then it is mostly settled. Failing the record would bring it back too, but after three
        returns SQS would make a good email a dead letter.

        Raises:
            PoisonMessageError: that happened time and again: the record becomes a dead letter.
        """
        if job.postpone_count >= MAX_POSTPONES:
            raise PoisonMessageError(f"put off {job.postpone_count} times")
        self.queue.put([job.postpone()], delay_until(busy.lease_expires_at, self.clock()))

    def reject(self, errors: Sequence[FieldError], *email_ids: str) -> SendOutcome:
        """Keep a request that cannot be sent, and why, for people who look for it.

        It stands under the first of these ids that belongs to no email.
        """
        now = self.clock()
        for email_id in email_ids:
            record = EmailRecord(
                email_id=email_id, fingerprint="", created_at=now, errors=tuple(errors)
            )
            if self.store.reject(record):
                break
        return SendOutcome(email_id=email_id, claim=ClaimStatus.CLAIMED, is_invalid=True)

    def _hand_over(self, job: SendJob, chunks: Sequence[SendJob]) -> SendOutcome:
        ensure_fits(chunks)
        now = self.clock()
        record = job.record(now, len(chunks))
        claim = self.store.claim(
            record, SendUnit(job.email_id), (), now=now, lease_seconds=self.times.lost_response
        )
        outcome = SendOutcome.of(claim)
        if claim.status is ClaimStatus.CLAIMED:
            with self._released_on_failure(claim, {}):
                self.queue.put(chunks)
            self._note(claim, outcome, is_done=True)
        return outcome

    def _send_claimed(self, job: SendJob, claim: Claim, deadline: datetime) -> SendOutcome:
        results, message = self._to_send(job.message, claim.results)
        answers, is_misconfigured = self._call(message, job.email_id, deadline)
        rest = remainder(message, answers) if message else None
        retry_count = next_requeues(answers.values(), job.retry_count)
        is_abandoned = rest is not None and retry_count > MAX_RETRIES
        if is_abandoned:
            rest = None
        results = {**results, **(put_back(answers) if rest else answers)}
        results = closed(job.message, results)
        outcome = SendOutcome(
            email_id=job.email_id,
            claim=claim.status,
            results=results,
            is_misconfigured=is_misconfigured,
            is_abandoned=is_abandoned,
        )
        if rest is None:
            self._note(claim, outcome, is_done=not _has_others_open(job, results))
            return outcome
        wait = self.times.lost_response
        hold = held_until(answers.values(), self.clock(), wait)
        delay = delay_seconds(answers.values(), job.retry_count, self.jitter(), wait)
        # Queue first, then give the lease back: a crash in between sends nothing twice.
        with self._released_on_failure(claim, results, hold):
            self._put_back(job.again(rest, retry_count), delay)
        self._note(claim, outcome, is_done=False, hold=hold)
        return outcome

    def _to_send(
        self, message: EmailMessage, known: Results
    ) -> tuple[Results, EmailMessage | None]:
        """Return the results so far, and the message for those who are still to get it."""
        results = closed(message, known)
        todo = pending(message, results)
        if todo is None:
            return results, None
        addresses = {one.addr_spec for one in todo.recipients}
        suppressed = self.store.suppressed(addresses)
        if suppressed:
            todo = only(todo, addresses - suppressed)
        return {**results, **held_back(suppressed)}, todo

    def _call(
        self, message: EmailMessage | None, email_id: str, deadline: datetime
    ) -> tuple[Results, bool]:
        """Hand the message to SES; tell the answers, and whether the set-up is at fault."""
        if message is None:
            return {}, False
        room = (deadline - self.clock()).total_seconds() - self.times.closing
        if not self.turns.wait(counted_by_ses(message), room):
            return _not_sent(
                message, RATE_LIMITED, "its turn comes too late", RetryHint.SOON
            ), False
        try:
            status = self.sender.send_one(message, extra_tags={EMAIL_ID_TAG: email_id})
        except ConfigurationError as error:
            if error.status is not None:
                return error.status.recipients, True
            return _not_sent(message, type(error).__name__, str(error), RetryHint.LATER), True
        return status.recipients, False

    def _put_back(self, job: SendJob, delay: int) -> None:
        try:
            self.queue.put([job], delay)
        except MessageTooLargeError as error:
            raise QueueError(f"nothing can go back on the queue: {error}") from error

    def _note(
        self, claim: Claim, outcome: SendOutcome, *, is_done: bool, hold: datetime | None = None
    ) -> None:
        """Settle the part, or give its lease back until somebody else comes for the rest."""
        try:
            if is_done:
                self.store.settle(claim, outcome.results)
            else:
                self.store.release(claim, outcome.results, held_until=hold)
        except StoreError as error:
            raise ResultNotStoredError(outcome) from error

    @contextmanager
    def _released_on_failure(
        self, claim: Claim, results: Results, hold: datetime | None = None
    ) -> Iterator[None]:
        """Whoever makes the same request again need not wait for the lease to run out."""
        try:
            yield
        except (QueueError, MessageTooLargeError):
            self.store.release(claim, results, held_until=hold)
            raise


def _has_others_open(job: SendJob, results: Results) -> bool:
    """Tell whether the part has open recipients whom this job does not go to.

    Who put the remainder on the queue, and died before noting it, left them to the first record.
    """
    mine = set(job.addresses)
    return any(one.state in OPEN for address, one in results.items() if address not in mine)


def _not_sent(message: EmailMessage, code: str, text: str, retry: RetryHint) -> Results:
    return {
        one.addr_spec: RecipientStatus(one.addr_spec, SendState.FAILED, None, code, text, retry)
        for one in message.recipients
    }
