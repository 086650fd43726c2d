"""SendJob: one email, or one chunk of it, on its way through the service."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from amsdal_mail.message.limits import RECIPIENT_LIMIT
from email_store.claims import SendUnit
from email_store.records import EmailRecord
from send_email.sending.recipients import in_chunks

if TYPE_CHECKING:
    from datetime import datetime

    from amsdal_mail.message.email import EmailMessage

__all__ = ["SendJob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendJob:
    """An email, a chunk of it, or the recipients of it that are retried."""

    email_id: str
    message: EmailMessage
    fingerprint: str
    """SHA-256 of the request as it came in, even when this is only a part of it."""
    chunk: int | None = None
    """The number of the chunk, from 1; None for a whole email."""
    retry_count: int = 0
    """How often it was queued again because SES could not accept it."""
    postpone_count: int = 0
    """How often it was postponed since the last attempt, because another worker held the lease."""

    @classmethod
    def from_message(cls, email_id: str, message: EmailMessage) -> Self:
        """Return the job of a new request."""
        return cls(email_id=email_id, message=message, fingerprint=_fingerprint(message))

    @property
    def unit(self) -> SendUnit:
        """What is claimed before sending."""
        return SendUnit(self.email_id, self.chunk)

    @property
    def addresses(self) -> list[str]:
        """The bare addresses of its recipients."""
        return [address.addr_spec for address in self.message.recipients]

    @property
    def is_one_call(self) -> bool:
        """True when one SES call can take it, so that `chunks` returns only this job.

        Only a personalized email is ever larger.
        """
        return len(self.message.to) <= RECIPIENT_LIMIT

    def chunks(self) -> list[SendJob]:
        """Split it into jobs of at most 50 `to` addresses: the same jobs each time."""
        if self.is_one_call:
            return [self]
        messages = in_chunks(self.message, RECIPIENT_LIMIT)
        return [
            replace(self, message=message, chunk=number)
            for number, message in enumerate(messages, start=1)
        ]

    def retry_with(self, message: EmailMessage, retry_count: int) -> SendJob:
        """Return the job for a retry: the same email with fewer recipients."""
        return replace(self, message=message, retry_count=retry_count, postpone_count=0)

    def postponed(self) -> SendJob:
        """Return the same job, postponed once more."""
        return replace(self, postpone_count=self.postpone_count + 1)

    def record(self, now: datetime, chunk_count: int = 0) -> EmailRecord:
        """Return the record of the email for the store."""
        message = self.message
        return EmailRecord(
            email_id=self.email_id,
            fingerprint=self.fingerprint,
            created_at=now,
            from_email=message.from_email,
            subject=message.subject,
            template_id=message.template_id,
            tags=message.tags,
            metadata=message.metadata,
            recipient_count=len(self.addresses),
            chunk_count=chunk_count,
        )


def _fingerprint(message: EmailMessage) -> str:
    fields = message.model_dump(mode="json", exclude_defaults=True)
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
