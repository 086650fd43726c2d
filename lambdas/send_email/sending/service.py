"""SendService: claim, hold back, send, settle. Every email goes through here, however it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amsdal_mail.exceptions import ConfigurationError, FieldError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import EMAIL_ID_TAG
from amsdal_mail.status import RecipientStatus, Retry, SendState
from email_store.claims import Claim, ClaimOutcome, Part, Results
from email_store.records import EmailRecord
from email_store.store import EmailStore, StoreError
from send_email.queue.send_queue import MessageTooLargeError, QueueError, check_sizes
from send_email.sending.backoff import (
    MAX_REQUEUES,
    PACED,
    delay_seconds,
    delay_until,
    held_until,
    next_requeues,
)
from send_email.sending.job import Delivery
from send_email.sending.outcome import Outcome
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
from send_email.sending.timeouts import Times

__all__ = ["NotNotedError", "SendService", "StuckError"]

NEVER = datetime.max.replace(tzinfo=UTC)
MAX_PUT_OFFS = 8
"""A lease lasts a quarter of an hour: nobody works on an email for two hours."""


class NotNotedError(StoreError):
    """SES has answered, and what came of it is on the queue: only the table does not know it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("the answers could not be noted")
        self.outcome = outcome


class StuckError(Exception):
    """Whoever claims the email dies with it, again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendService:
    """Thread-safe: holds no state but its collaborators.

    Raises:
        StoreError, QueueError: nothing is lost; the same delivery can be made again.
        NotNotedError: SES and the queue have everything; the table alone missed the answers.
        RecordTooLargeError, MessageTooLargeError: it never can be sent so; nothing is noted of it.
    """

    store: EmailStore
    sender: Sender
    queue: Queue
    turns: Turns
    times: Times
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    """A number from 0 to 1, another one each time."""

    def deadline(self, remaining_milliseconds: int) -> datetime:
        """Say when the function will be stopped."""
        return self.clock() + timedelta(milliseconds=remaining_milliseconds)

    def send(self, delivery: Delivery, deadline: datetime = NEVER) -> Outcome:
        """Send it now, unless somebody did or does; what has over 50 recipients goes in chunks.

        Near the deadline, when the function will be stopped, it goes back on the queue instead.
        """
        chunks = delivery.chunks()
        if len(chunks) > 1:
            return self._hand_over(delivery, chunks)
        now = self.clock()
        claim = self.store.claim(
            delivery.record(now),
            delivery.part,
            delivery.addresses,
            now=now,
            lease_seconds=self.times.lost_answer,
        )
        if claim.outcome is not ClaimOutcome.CLAIMED:
            return Outcome.of(claim)
        return self._send_claimed(delivery, claim, deadline)

    def enqueue(self, delivery: Delivery) -> Outcome:
        """Put it on the queue, unless it was sent, is being sent, or the id is another email's."""
        chunks = delivery.chunks()
        if len(chunks) > 1:
            return self._hand_over(delivery, chunks)
        check_sizes(chunks)
        claim = self.store.register(delivery.record(self.clock()), delivery.addresses)
        if claim.outcome is ClaimOutcome.CLAIMED:
            self.queue.put([delivery])
        return Outcome.of(claim)

    def put_off(self, delivery: Delivery, busy: Outcome) -> None:
        """Put back what somebody else is sending, to be looked at when the lease has run out.

        By then it is mostly settled. Failing the record would bring it back too, but after three
        returns SQS would make a good email a dead letter.

        Raises:
            StuckError: that happened time and again; as a dead letter somebody will look at it.
        """
        if delivery.put_offs >= MAX_PUT_OFFS:
            raise StuckError(f"put off {delivery.put_offs} times")
        self.queue.put([delivery.put_off()], delay_until(busy.free_at, self.clock()))

    def reject(self, errors: Sequence[FieldError], *email_ids: str) -> Outcome:
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
        return Outcome(email_id=email_id, claim=ClaimOutcome.CLAIMED, is_invalid=True)

    def _hand_over(self, delivery: Delivery, chunks: Sequence[Delivery]) -> Outcome:
        check_sizes(chunks)
        now = self.clock()
        record = delivery.record(now, len(chunks))
        claim = self.store.claim(
            record, Part(delivery.email_id), (), now=now, lease_seconds=self.times.lost_answer
        )
        outcome = Outcome.of(claim)
        if claim.outcome is ClaimOutcome.CLAIMED:
            with self._released_on_failure(claim, {}):
                self.queue.put(chunks)
            self._note(claim, outcome, is_done=True)
        return outcome

    def _send_claimed(self, delivery: Delivery, claim: Claim, deadline: datetime) -> Outcome:
        results, message = self._to_send(delivery.message, claim.results)
        answers, is_misconfigured = self._call(message, delivery.email_id, deadline)
        rest = remainder(message, answers) if message else None
        requeues = next_requeues(answers.values(), delivery.requeues)
        is_given_up = rest is not None and requeues > MAX_REQUEUES
        if is_given_up:
            rest = None
        results = {**results, **(put_back(answers) if rest else answers)}
        results = closed(delivery.message, results)
        outcome = Outcome(
            email_id=delivery.email_id,
            claim=claim.outcome,
            results=results,
            is_misconfigured=is_misconfigured,
            is_given_up=is_given_up,
        )
        if rest is None:
            self._note(claim, outcome, is_done=not _has_others_open(delivery, results))
            return outcome
        wait = self.times.lost_answer
        hold = held_until(answers.values(), self.clock(), wait)
        delay = delay_seconds(answers.values(), delivery.requeues, self.jitter(), wait)
        # Queue first, then give the lease back: a crash in between sends nothing twice.
        with self._released_on_failure(claim, results, hold):
            self._put_back(delivery.again(rest, requeues), delay)
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
        addresses = {one.spec for one in todo.recipients}
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
            return _not_sent(message, PACED, "its turn comes too late", Retry.SOON), False
        try:
            status = self.sender.send_one(message, extra_tags={EMAIL_ID_TAG: email_id})
        except ConfigurationError as error:
            if error.status is not None:
                return error.status.recipients, True
            return _not_sent(message, type(error).__name__, str(error), Retry.LATER), True
        return status.recipients, False

    def _put_back(self, delivery: Delivery, delay: int) -> None:
        try:
            self.queue.put([delivery], delay)
        except MessageTooLargeError as error:
            raise QueueError(f"nothing can go back on the queue: {error}") from error

    def _note(
        self, claim: Claim, outcome: Outcome, *, is_done: bool, hold: datetime | None = None
    ) -> None:
        """Settle the part, or give its lease back until somebody else comes for the rest."""
        try:
            if is_done:
                self.store.settle(claim, outcome.results)
            else:
                self.store.release(claim, outcome.results, held_until=hold)
        except StoreError as error:
            raise NotNotedError(outcome) from error

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


def _has_others_open(delivery: Delivery, results: Results) -> bool:
    """Tell whether the part has open recipients whom this delivery does not go to.

    Who put the remainder on the queue, and died before noting it, left them to the first record.
    """
    mine = set(delivery.addresses)
    return any(one.state in OPEN for address, one in results.items() if address not in mine)


def _not_sent(message: EmailMessage, code: str, text: str, retry: Retry) -> Results:
    return {
        one.spec: RecipientStatus(one.spec, SendState.FAILED, None, code, text, retry)
        for one in message.recipients
    }
