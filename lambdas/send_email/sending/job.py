"""SendJob: one message on its way through the service, with what identifies it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import RECIPIENT_LIMIT
from email_store.claims import SendUnit
from email_store.records import EmailRecord
from send_email.sending.recipients import in_chunks

__all__ = ["SendJob"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendJob:
    """An email, a chunk of it, or what SES could not take of it at the first try."""

    email_id: str
    message: EmailMessage
    fingerprint: str
    """SHA-256 of the request as it came in, even where this is only a part of it."""
    chunk: int | None = None
    retry_count: int = 0
    """How often it was put back on the queue because SES could not take it."""
    postpone_count: int = 0
    """How often it was put off because somebody else held the lease, since it was last sent."""

    @classmethod
    def of(cls, email_id: str, message: EmailMessage) -> Self:
        """Make the job of a request that has just come in."""
        return cls(email_id=email_id, message=message, fingerprint=_fingerprint(message))

    @property
    def part(self) -> SendUnit:
        """What is claimed before sending."""
        return SendUnit(self.email_id, self.chunk)

    @property
    def addresses(self) -> list[str]:
        """The bare addresses of everyone it goes to."""
        return [one.addr_spec for one in self.message.recipients]

    def chunks(self) -> list[SendJob]:
        """Split it into jobs of at most 50 `to` addresses; the same ones each time.

        Only messages with merge_data are ever larger than one.
        """
        if len(self.message.to) <= RECIPIENT_LIMIT:
            return [self]
        messages = in_chunks(self.message, RECIPIENT_LIMIT)
        return [
            replace(self, message=one, chunk=number) for number, one in enumerate(messages, start=1)
        ]

    def again(self, message: EmailMessage, retry_count: int) -> SendJob:
        """Return what goes back on the queue: the same email for fewer recipients."""
        return replace(self, message=message, retry_count=retry_count, postpone_count=0)

    def postpone(self) -> SendJob:
        """Return the same, put off once more."""
        return replace(self, postpone_count=self.postpone_count + 1)

    def record(self, now: datetime, chunk_count: int = 0) -> EmailRecord:
        """Write what the store keeps of the email."""
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
