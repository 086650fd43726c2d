"""Sends one email: claim it, drop suppressed recipients, call SES, store the result.

Used by the API and the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from amsdal_mail.email_id import EMAIL_ID_TAG, TEMPLATE_VERSION_TAG
from amsdal_mail.message.limits import RECIPIENT_LIMIT
from amsdal_mail.status import ConfigurationError, RetryHint
from email_store.claims import ClaimStatus, SendUnit, queued
from email_store.records import EmailRecord
from email_store.store import EmailStore, StoreError
from send_email.sending.backoff import (
    RetryDecision,
    decide_retry,
    lease_delay,
    rate_limited_results,
)
from send_email.sending.content_store import AttachmentFiles, ContentStore
from send_email.sending.errors import PoisonMessageError, foreign_sender_error
from send_email.sending.expiry import publish_expired
from send_email.sending.heavy_emails import HeavyEmailGate
from send_email.sending.job import Answer, Attempt, SendOutcome
from send_email.sending.ports import EmailSender, JobQueue, SendRate
from send_email.sending.recipients import (
    add_results,
    expired_results,
    failed_results,
    has_open,
    in_calls,
    is_open,
    missing_version_results,
    resolve_followers,
    restrict_to,
    restrict_where,
    ses_recipient_count,
    should_retry,
    suppressed_results,
    waits_for_operator,
)
from send_email.sending.settling import give_back, release_on_failure, store_result
from send_email.sending.timeouts import Timeouts

if TYPE_CHECKING:
    from amsdal_mail.exceptions import FieldError
    from amsdal_mail.message.email import EmailMessage
    from email_store.claims import Claim
    from email_store.rate_note import RateNote
    from email_store.records import TemplateVersion
    from send_email.sending.job import SendJob
    from send_email.sending.keeping import Keeper
    from send_email.sending.notices import NoticeBus
    from send_email.sending.schedules import Schedules

__all__ = ["SendService"]

NO_DEADLINE = datetime.max.replace(tzinfo=UTC)
MAX_POSTPONES = 8
"""A lease lasts a quarter of an hour, and no worker works on an email for two hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendService:
    """Sends emails, each once. Thread-safe: it holds no state but its collaborators.

    Raises:
        StoreError, QueueError: the email is not lost; the same job can be sent again.
        ResultNotStoredError: SES responded and any retry is queued, but storing the result failed.
        InvalidMessageError: the service may not send from this sender. Nothing is stored.
        RecordTooLargeError: the email can never be sent so. Nothing of it is stored.
    """

    store: EmailStore
    sender: EmailSender
    queue: JobQueue
    contents: ContentStore
    files: AttachmentFiles
    send_rate: SendRate
    identities: Collection[str]
    """The SES identities that it may send from: addresses, and domains in lower case ASCII."""
    timeouts: Timeouts
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    """Returns a random number from 0 to 1."""
    schedules: Callable[[], Schedules]
    """Returns the schedules, which are made for the first email that is sent later."""
    bus: NoticeBus
    expiring_set: str = ""
    """The configuration set of emails that expire; empty for that of all emails."""
    heavy_emails: HeavyEmailGate = field(default_factory=HeavyEmailGate)
    keeper: Callable[[], Keeper] | None = None
    """Returns the keeper of messages, which is made for the first; None when none is kept."""

    def deadline(self, remaining_milliseconds: int) -> datetime:
        """Return when Lambda will stop the function."""
        return self.clock() + timedelta(milliseconds=remaining_milliseconds)

    def accept(self, job: SendJob) -> SendJob:
        """Return a new job with the versions that its files in S3 have now.

        Raises as AttachmentFiles.pin does.
        """
        if not job.has_files or job.resent_from is not None:
            return job
        return job.with_files(*self.files.pin(job.message))

    def room(self, deadline: datetime) -> AbstractContextManager[None]:
        """Wait until this worker has the memory for a heavy email. See HeavyEmailGate."""
        return self.heavy_emails.room(self._spare_seconds(deadline))

    def send(self, job: SendJob, deadline: datetime = NO_DEADLINE) -> SendOutcome:
        """Send the job now, unless another worker did or does. A large email goes in chunks.

        Shortly before the deadline, it goes back on the queue instead.
        """
        self._check_sender(job)
        if job.timing.is_later(self.clock()):
            return self.schedules().schedule(job)
        if not job.is_one_call:
            return self._enqueue_chunks(job)
        claim = self._claim(job.record(self.clock()), job.unit, job.addresses)
        if claim.status is not ClaimStatus.CLAIMED:
            return self._unclaimed(job, claim)
        return self._send_claimed(job, claim, deadline)

    def enqueue(self, job: SendJob) -> SendOutcome:
        """Queue the job, unless it was sent, is being sent, or the id belongs to another email."""
        self._check_sender(job)
        if job.timing.is_later(self.clock()):
            return self.schedules().schedule(job)
        if not job.is_one_call:
            return self._enqueue_chunks(job)
        claim = self.store.register(job.record(self.clock()), job.addresses)
        if claim.status is not ClaimStatus.CLAIMED:
            return self._unclaimed(job, claim)
        keep_error = self.keeper().keep_waiting(job, claim) if self.keeper else ""
        self.queue.put([job])
        return SendOutcome.from_claim(claim, keep_error)

    def postpone(self, job: SendJob, busy: SendOutcome) -> None:
        """Queue the job again without an attempt, until another worker's lease ends.

        By then, that worker has usually settled the email. A failed record would come back too,
        but after ten attempts SQS would make a good email a dead letter.

        Raises:
            PoisonMessageError: the job was postponed MAX_POSTPONES times in a row.
        """
        if job.postpone_count >= MAX_POSTPONES:
            raise PoisonMessageError(f"postponed {job.postpone_count} times")
        self.queue.put([job.postponed()], lease_delay(busy.lease_expires_at, self.clock()))

    def put_back(self, job: SendJob, delay_seconds: int) -> SendOutcome:
        """Queue the job as it is, for another invocation. Nothing of it is claimed yet."""
        self._check_sender(job)
        self.queue.put([job], delay_seconds)
        results = queued(job.addresses, job.record(self.clock())) if job.is_one_call else {}
        return SendOutcome(email_id=job.email_id, claim=ClaimStatus.CLAIMED, results=results)

    def reject(
        self,
        errors: Sequence[FieldError],
        email_ids: Sequence[str],
        addresses: Sequence[str] = (),
    ) -> SendOutcome:
        """Store an invalid email and its errors, so that people can find it.

        `addresses` are those of its recipients that can be read. The first 50 are stored.

        It is stored under the first of the ids that does not belong to an email. When all ids
        belong to emails, it is not stored, and the outcome has the last id.

        Raises:
            ValueError: there is no id.
        """
        if not email_ids:
            raise ValueError("email_ids must have at least one id")
        now, listed = self.clock(), addresses[:RECIPIENT_LIMIT]
        records = (
            EmailRecord(
                email_id=email_id,
                fingerprint="",
                created_at=now,
                errors=tuple(errors),
                recipient_count=len(listed),
            )
            for email_id in email_ids
        )
        stored_ids = (record.email_id for record in records if self.store.reject(record, listed))
        email_id = next(stored_ids, email_ids[-1])
        return SendOutcome(email_id=email_id, claim=ClaimStatus.CLAIMED, is_invalid=True)

    def _check_sender(self, job: SendJob) -> None:
        """Check the sender. AWS would deny the call for any recipients."""
        if not any(identity in self.identities for identity in job.sender_identities):
            raise foreign_sender_error(self.identities)

    def _send_claimed(self, job: SendJob, claim: Claim, deadline: datetime) -> SendOutcome:
        """Keep the message, attempt, decide, finish.

        The message is kept before the attempt, so that nothing comes between the response of SES
        and the write that stores it. That write says that it is kept.
        """
        job = job.expiring_at(claim.expires_at)
        claim, keep_error = self._keep(job, claim, deadline)
        attempt = self._attempt(job, claim, deadline)
        if attempt.template_version:
            claim = replace(claim, template_version=attempt.template_version)
        decision = self._decide(attempt)
        outcome = SendOutcome(
            email_id=job.email_id,
            claim=claim.status,
            results=resolve_followers(job.message, add_results(attempt.earlier, decision.results)),
            stream=job.stream,
            is_misconfigured=attempt.is_misconfigured,
            is_abandoned=decision.is_abandoned,
            keep_error=keep_error,
        )
        self._finish(job, claim, outcome, decision)
        return outcome

    def _attempt(self, job: SendJob, claim: Claim, deadline: datetime) -> Attempt:
        """Send to the recipients that have no final result."""
        earlier = resolve_followers(job.message, claim.results)
        message = restrict_where(job.message, earlier, is_open)
        if message is not None and claim.erased:  # also as copies of a personalized message
            message = restrict_to(message, set(job.addresses) - claim.erased)
        if message is None:
            return Attempt(earlier)
        calls = in_calls(message, self.send_rate.largest_call)
        answers: list[Answer] = []
        for call in calls:
            try:
                answers.append(self._call(replace(job, message=call), deadline))
            except StoreError:
                if not answers:
                    give_back(self.store, claim)
                    raise
                # SES has calls before this one, and their results must be stored.
                answers.append(Answer(rate_limited_results(call)))
        results = reduce(add_results, (answer.results for answer in answers))
        is_misconfigured = any(answer.is_misconfigured for answer in answers)
        versions = [answer.template_version for answer in answers if answer.template_version]
        version = versions[-1] if versions else None
        return Attempt(earlier, replace(job, message=message), results, is_misconfigured, version)

    def _decide(self, attempt: Attempt) -> RetryDecision:
        """Decide about a retry. An attempt with final results needs none."""
        if attempt.job is None or not any(map(should_retry, attempt.results.values())):
            return RetryDecision(results=attempt.results)
        return decide_retry(
            attempt.job,
            attempt.results,
            self.clock(),
            self.jitter(),
            self.timeouts,
            is_misconfigured=attempt.is_misconfigured,
        )

    def _finish(
        self, job: SendJob, claim: Claim, outcome: SendOutcome, decision: RetryDecision
    ) -> None:
        """Settle the unit, or queue the retry and release it."""
        if decision.job is None:
            # A worker may have queued a retry and crashed before storing that: the unit then has
            # unfinished recipients that this job does not have.
            is_done = not has_open(outcome.results, besides=job.addresses)
            if job.timing.expires_at is not None:
                with release_on_failure(self.store, claim, outcome.results):
                    publish_expired(self.bus, job, outcome, self.clock())
            store_result(self.store, claim, outcome, is_done=is_done)
            if is_done:
                self._clear(job, claim)
            return
        # Queue first, then release: a crash in between sends nothing twice.
        with release_on_failure(self.store, claim, outcome.results, decision.held_until):
            self.queue.put([decision.job], decision.delay_seconds)
        store_result(self.store, claim, outcome, is_done=False, held_until=decision.held_until)

    def _unclaimed(self, job: SendJob, claim: Claim) -> SendOutcome:
        """Send nothing. An email that was moved away may have no timer: its caller may be dead."""
        if claim.status is ClaimStatus.SCHEDULED:
            self.schedules().keep(job, claim)
        elif job.has_content and claim.status is not ClaimStatus.BUSY:
            self.queue.discard(job)
        return SendOutcome.from_claim(claim)

    def _enqueue_chunks(self, job: SendJob) -> SendOutcome:
        chunks = job.chunks()
        record = job.record(self.clock(), len(chunks))
        claim = self._claim(record, SendUnit(job.email_id), ())
        if claim.status is not ClaimStatus.CLAIMED:
            return self._unclaimed(job, claim)
        claim, keep_error = self._keep(job, claim)
        outcome = SendOutcome.from_claim(claim, keep_error)
        with release_on_failure(self.store, claim, {}):
            self.queue.put([chunk.expiring_at(claim.expires_at) for chunk in chunks])
        store_result(self.store, claim, outcome, is_done=True)
        self._clear(job, claim)
        return outcome

    def _keep(
        self, job: SendJob, claim: Claim, deadline: datetime = NO_DEADLINE
    ) -> tuple[Claim, str]:
        if self.keeper is None:
            return claim, ""
        return self.keeper().keep(job, claim, self._spare_seconds(deadline))

    def _clear(self, job: SendJob, claim: Claim) -> None:
        """Delete what the bucket keeps for a unit that is settled."""
        if claim.content is not None:
            self.schedules().forget(job, claim.content)
        if job.has_content:
            self.queue.discard(job)

    def _claim(self, record: EmailRecord, unit: SendUnit, addresses: Sequence[str]) -> Claim:
        lease_seconds = self.timeouts.lost_response
        return self.store.claim(
            record, unit, addresses, now=record.created_at, lease_seconds=lease_seconds
        )

    def _call(self, job: SendJob, deadline: datetime) -> Answer:
        """Wait for the turn, leave out suppressed recipients and call SES."""
        message: EmailMessage | None = job.message
        if job.timing.is_expired(self.clock()):
            return Answer(expired_results(job.message))
        wanted = ses_recipient_count(job.message)
        if not self.send_rate.wait(job.stream, wanted, self._spare_seconds(deadline)):
            return Answer(rate_limited_results(job.message))
        suppressed, version = self._look_up(job)
        if suppressed:
            message = restrict_to(job.message, set(job.addresses) - suppressed)
            unused = wanted - (ses_recipient_count(message) if message else 0)
            self.send_rate.give_back(job.stream, unused)
        earlier = suppressed_results(suppressed)
        if message is None:
            return Answer(earlier)
        # Lambda freezes a worker after its response. A thread that it left waiting has no time.
        if self._spare_seconds(deadline) < 0:
            return Answer({**earlier, **rate_limited_results(message)})
        if job.timing.is_expired(self.clock()):
            return Answer({**earlier, **expired_results(message)})
        if self.expiring_set and job.timing.expires_at is not None:
            message = message._with(configuration_set=self.expiring_set)
        answer = self._send_to_ses(message, job.email_id, version)
        return answer._replace(results={**earlier, **answer.results})

    def _look_up(self, job: SendJob) -> tuple[set[str], TemplateVersion | None]:
        """Return the suppressed recipients, and the version of the template.

        The rate note comes with them when it is due.
        """
        template_id, version = job.message.template_id, None
        note: RateNote | None = None
        if template_id:
            suppressed, version, note = self.store.suppressed_and_template(
                job.addresses, template_id, with_note=self.send_rate.wants_note()
            )
        elif self.send_rate.wants_note():
            suppressed, note = self.store.suppressed_and_note(job.addresses)
        else:
            suppressed = self.store.suppressed(job.addresses)
        if note is not None:
            self.send_rate.learn(job.stream, note)
        return suppressed, version

    def _send_to_ses(
        self, message: EmailMessage, email_id: str, version: TemplateVersion | None
    ) -> Answer:
        tags = {EMAIL_ID_TAG: email_id}
        if version is not None:
            message = message._with(template_id=version.ses_name)
            tags[TEMPLATE_VERSION_TAG] = version.version
        try:
            status = self.sender.send_one(message, extra_tags=tags)
        except ConfigurationError as error:
            if error.status is None:
                code, text = type(error).__name__, str(error)
                return Answer(failed_results(message, code, text, RetryHint.LATER), True)
            results = error.status.recipients
            if version is not None:
                results = missing_version_results(results)
            return Answer(results, any(map(waits_for_operator, results.values())))
        return Answer(status.recipients, template_version=version.version if version else None)

    def _spare_seconds(self, deadline: datetime) -> float:
        """Return the seconds until a call to SES could no longer end in time."""
        return (deadline - self.clock()).total_seconds() - self.timeouts.min_remaining
