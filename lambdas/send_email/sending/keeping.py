"""Keeps the message of an email when the service begins to work on it.

Objects first, then the record: a worker that crashes between them leaves objects that no record
names. The next worker puts the same objects again, under the same keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from email_store.records import KeptContent
from email_store.store import StoreError
from send_email.sending.content_store import ContentMissingError, ContentStoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from email_store.claims import Claim
    from email_store.store import EmailStore
    from send_email.sending.job import SendJob
    from send_email.sending.kept_contents import KeptContents

__all__ = ["Keeper"]

LONGEST_SECONDS = 3.0
"""After so many seconds, no further object of a message is put."""
RENEWED_AFTER = timedelta(days=1)
"""The message of a scheduled email that has waited for longer is kept anew, for its full time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Keeps the messages of new emails. It never raises: an email is sent whether kept or not."""

    contents: KeptContents
    store: EmailStore
    clock: Callable[[], datetime]

    def keep(self, job: SendJob, claim: Claim, spare_seconds: float) -> tuple[Claim, str]:
        """Keep the message of a claimed email, if it is to be kept and is not yet.

        Return the claim with the place, which `settle` and `release` store. Return the claim as it
        is, and why, when the message could not be kept.

        Args:
            job: the email. A part of it is not kept.
            claim: its claim.
            spare_seconds: seconds until its call to SES. At most a half is used, and 3 seconds.
        """
        now = self.clock()
        if not self._is_wanted(job, claim, now):
            return claim, ""
        try:
            key = self.contents.put(job, min(LONGEST_SECONDS, spare_seconds / 2))
        except (ContentStoreError, ContentMissingError) as error:
            return claim, str(error)
        except Exception as error:  # noqa: BLE001 - its text may quote the email
            return claim, type(error).__name__
        until = now.replace(microsecond=0) + self.contents.retention
        return replace(claim, kept=KeptContent(key, until)), ""

    def keep_waiting(self, job: SendJob, claim: Claim) -> str:
        """Keep the message of an email that waits. Return why that failed, or an empty text."""
        kept, error = self.keep(job, claim, 2 * LONGEST_SECONDS)
        if kept is claim:
            return error
        try:
            self.store.note_kept(kept)
        except StoreError:
            return "the record does not say so"
        return ""

    def _is_wanted(self, job: SendJob, claim: Claim, now: datetime) -> bool:
        """Return whether the job is a whole email, and its message is to be kept now."""
        if job.message.sensitive or job.chunk is not None or claim.erased:
            return False
        # A retry may have fewer recipients than the email.
        if job.is_one_call and set(job.addresses) != set(claim.results):
            return False
        if claim.kept is None:
            return True
        fresh_until = claim.kept.until - self.contents.retention + RENEWED_AFTER
        return claim.send_at is not None and fresh_until < now
