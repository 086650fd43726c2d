"""The values of the service: a job, an attempt to send it, and the outcome."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from json import dumps
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.email import EmailRequest
from amsdal_mail.message.limits import RECIPIENT_LIMIT
from amsdal_mail.status import RetryHint, SendState
from amsdal_mail.stream import Stream
from email_store.claims import ClaimStatus, SendUnit
from email_store.records import EmailRecord
from email_store.states import EmailState, summary_state
from send_email.sending.recipients import in_chunks, is_open
from send_email.sending.timing import AT_ONCE, Timing

if TYPE_CHECKING:
    from datetime import datetime

    from amsdal_mail.message.email import EmailMessage, EmailRequest
    from amsdal_mail.message.stored_request import StoredContent
    from email_store.claims import Claim, Results

__all__ = ["Answer", "Attempt", "SendJob", "SendOutcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendJob:
    """An email, a chunk of it, or the recipients of it that are retried."""

    email_id: str
    message: EmailMessage
    fingerprint: str
    """SHA-256 of the request as it came in, even when this is only a part of it."""
    stream: Stream = Stream.TRANSACTIONAL
    chunk: int | None = None
    """The number of the chunk, from 1; None for a whole email."""
    retry_count: int = 0
    """How often it was queued again because SES could not accept it."""
    postpone_count: int = 0
    """How often it was postponed since the last attempt, because another worker held the lease."""
    timing: Timing = AT_ONCE
    record_id: str = ""
    """The first id of the record that it came with; empty for a request to the API."""
    stored: StoredContent | None = None
    """The JSON of the message in the bucket, maybe with more recipients; None for a small one."""
    outdated: StoredContent | None = None
    """The JSON in the bucket as it came in, without the versions of the files. It only waits to be
    deleted: when the job is done, or is on the queue anew."""
    times: Mapping[str, Any] = field(default_factory=dict)
    """The times of a new request, as it names them: they belong to its fingerprint."""
    resent_from: str | None = None
    """The id of the email whose message it sends again. The versions of its files are known."""

    @classmethod
    def from_request(
        cls,
        email_id: str,
        request: EmailRequest,
        accepted_at: Callable[[], datetime],
        stream: Stream | None = None,
    ) -> Self:
        """Return the job of a new request. `accepted_at` returns when it was accepted.

        `stream` is that of a request which names none.

        Raises:
            InvalidMessageError: the time to send is too far from that.
        """
        message, times = request.message, request.times
        timing = Timing.of(request, accepted_at()) if times else AT_ONCE
        return cls(
            email_id=email_id,
            message=message,
            fingerprint=_fingerprint(message, times),
            stream=request.stream or stream or Stream.of(len(message.recipients)),
            timing=timing,
            times=times,
        )

    def with_files(self, message: EmailMessage, same: EmailMessage) -> Self:
        """Return the job with the versions of its files. See AttachmentFiles.pin.

        What is in the bucket does not have the versions, so that a retry stores it anew.
        """
        fingerprint = _fingerprint(same, self.times)
        job = replace(self, message=message, fingerprint=fingerprint)
        if message == self.message:
            return job
        return replace(job, stored=None, outdated=self.stored)

    @property
    def has_files(self) -> bool:
        """Whether a file is in S3, and is read when the job is sent."""
        attachments = self.message.attachments
        return bool(attachments) and any(file.is_stored for file in attachments)

    @property
    def has_content(self) -> bool:
        """Whether the bucket has a part of it: a file, or the JSON of its message."""
        return self.stored is not None or self.outdated is not None or self.has_files

    @property
    def unit(self) -> SendUnit:
        """The unit to claim before sending."""
        return SendUnit(self.email_id, self.chunk)

    @property
    def addresses(self) -> list[str]:
        """The bare addresses of its recipients."""
        return [address.addr_spec for address in self.message.recipients]

    @property
    def sender_identities(self) -> list[str]:
        """The SES identities that would cover its sender: its address, its domain, the parents.

        A domain covers each address at it and at its subdomains. An address covers only itself.
        https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
        """
        sender = parse_address(self.message.from_email)
        labels = sender.domain.split(".")
        return [sender.addr_spec, *(".".join(labels[at:]) for at in range(len(labels)))]

    @property
    def json(self) -> str:
        """The message as a caller writes it."""
        return _request(self.message).to_json()

    @property
    def is_one_call(self) -> bool:
        """True when one SES call can take it, so that `chunks` returns only this job.

        Only a personalized email is ever larger.
        """
        return len(self.message.to) <= RECIPIENT_LIMIT

    def chunks(self) -> list[SendJob]:
        """Split it into jobs of at most 50 `to` addresses: the same jobs each time.

        A chunk is due, also for a worker whose clock is a little behind.
        """
        if self.is_one_call:
            return [self]
        messages = in_chunks(self.message, RECIPIENT_LIMIT)
        timing = self.timing._replace(send_at=None)
        return [
            replace(self, message=message, chunk=number, stored=None, outdated=None, timing=timing)
            for number, message in enumerate(messages, start=1)
        ]

    def retry_with(self, message: EmailMessage, retry_count: int) -> SendJob:
        """Return the job for a retry: the same email with fewer recipients."""
        return replace(self, message=message, retry_count=retry_count, postpone_count=0)

    def expiring_at(self, stored: datetime | None) -> SendJob:
        """Return the job with the stored expiry: a repeated request does not prolong the first."""
        if stored is None:
            return self
        return replace(self, timing=self.timing._replace(expires_at=stored))

    def postponed(self) -> SendJob:
        """Return the same job, postponed once more."""
        return replace(self, postpone_count=self.postpone_count + 1)

    def record(
        self, now: datetime, chunk_count: int = 0, content: StoredContent | None = None
    ) -> EmailRecord:
        """Return the record of the email for the store."""
        message = self.message
        copies = (*message.cc, *message.bcc) if chunk_count else ()
        return EmailRecord(
            email_id=self.email_id,
            fingerprint=self.fingerprint,
            created_at=now,
            from_email=message.from_email,
            subject="" if message.sensitive else message.subject,
            template_id=message.template_id,
            tags=message.tags,
            metadata=message.metadata,
            recipient_count=len(self.addresses),
            is_sensitive=message.sensitive,
            chunk_count=chunk_count,
            copies=tuple(parse_address(mailbox).addr_spec for mailbox in copies),
            stream=self.stream,
            send_at=self.timing.send_at,
            expires_at=self.timing.expires_at,
            content=content,
            resent_from=self.resent_from,
        )


class Answer(NamedTuple):
    """What came of one call to SES, or of the decision not to make it."""

    results: Results
    is_misconfigured: bool = False
    """True when AWS refused the set-up."""
    template_version: str | None = None


class Attempt(NamedTuple):
    """An attempt to send a claimed unit."""

    earlier: Results
    """The results before the call of SES, of all recipients of the unit."""
    job: SendJob | None = None
    """The unit, for the recipients of the call. None when no recipient was left to send to."""
    results: Results = {}
    """The results of the call."""
    is_misconfigured: bool = False
    """True when AWS refused the set-up."""
    template_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class SendOutcome:
    """The results so far. `results` is empty for an email that was split, or not sent at all."""

    email_id: str
    claim: ClaimStatus
    results: Results = field(default_factory=dict)
    lease_expires_at: int = 0
    """When another worker's lease ends, of a BUSY email: epoch seconds."""
    stream: Stream = Stream.TRANSACTIONAL
    is_misconfigured: bool = False
    """True when AWS refused the set-up: permission, credentials, missing configuration set."""
    is_abandoned: bool = False
    """True when the service stops retrying, after MAX_RETRIES."""
    is_invalid: bool = False
    """True for an invalid email, which was only stored as rejected."""
    send_at: datetime | None = None
    """When the email is sent; None for an email that is sent at once."""
    keep_error: str = ""
    """Why the message was not kept, for the log; empty when it was kept, or was not to be kept."""

    @classmethod
    def from_claim(cls, claim: Claim, keep_error: str = "") -> SendOutcome:
        """Build the outcome of a claim that was not granted, or not followed by an attempt.

        A conflicting request's results are hidden.
        """
        results = {} if claim.status is ClaimStatus.CONFLICT else claim.results
        return cls(
            email_id=claim.unit.email_id,
            claim=claim.status,
            results=results,
            lease_expires_at=claim.lease_until,
            send_at=claim.send_at,
            keep_error=keep_error,
        )

    @cached_property
    def is_queued(self) -> bool:
        """True when the final result of a recipient comes later, from a job on the queue."""
        return not self.results or any(map(is_open, self.results.values()))

    @property
    def is_replay(self) -> bool:
        """True when an earlier request with the same id finished the email."""
        return self.claim is ClaimStatus.SETTLED

    @property
    def is_stopped(self) -> bool:
        """True when SES accepts nothing for a while: daily quota used up, sending paused."""
        is_tried = self.claim is ClaimStatus.CLAIMED and not self.is_misconfigured
        return is_tried and any(status.retry is RetryHint.LATER for status in self.results.values())

    @property
    def is_refused(self) -> bool:
        """True when all results are final and no recipient is accepted."""
        return not self.is_queued and SendState.ACCEPTED not in self.counts

    @property
    def state(self) -> EmailState:
        """The state of the email, as far as sending shows it."""
        is_scheduled = self.claim is ClaimStatus.SCHEDULED
        empty = EmailState.SCHEDULED if is_scheduled else EmailState.QUEUED
        return summary_state(map(EmailState, self.counts)) or empty

    @cached_property
    def counts(self) -> Counter[SendState]:
        """The number of recipients by state."""
        return Counter(status.state for status in self.results.values())


def _request(message: EmailMessage) -> EmailRequest:
    """Return the request without a key. pydantic prepares one class then, not two."""
    return EmailRequest.from_message(message, None)


def _fingerprint(message: EmailMessage, times: Mapping[str, Any]) -> str:
    if any(file.is_large for file in message.attachments):
        from send_email.sending.large_fingerprint import digest_of_large

        return digest_of_large(message, lambda without_files: _canonical(without_files, times))
    return hashlib.sha256(_canonical(message, times)).hexdigest()


def _canonical(message: EmailMessage, times: Mapping[str, Any]) -> bytes:
    fields = {**_request(message).model_dump(mode="json", exclude_defaults=True), **times}
    return dumps(fields, sort_keys=True, separators=(",", ":")).encode()
