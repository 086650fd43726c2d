"""Suppressions: the service's suppression list and SES's list for the account, as one.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from email_store.records import Suppression
from send_email.sending.errors import ExpectedError

if TYPE_CHECKING:
    from datetime import datetime

    from types_boto3_sesv2 import SESV2Client

    from email_store.store import EmailStore

__all__ = ["SESSuppression", "SESSuppressionError", "SuppressionEntry", "Suppressions"]


class SESSuppressionError(ExpectedError):
    """SES's suppression list could not be read or changed. The cause says why."""


@dataclass(frozen=True, slots=True)
class SESSuppression:
    """An entry of SES's list for the account. `reason` is BOUNCE or COMPLAINT."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionEntry:
    """The entries of an address on both lists.

    We skip addresses on our list. SES accepts and then bounces addresses on its own.
    """

    address: str
    ours: Suppression | None
    ses: SESSuppression | None

    @property
    def is_listed(self) -> bool:
        """True when the address is on one of the lists."""
        return self.ours is not None or self.ses is not None


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Both lists. Ours ignores letter case. SES's keeps it, so that each spelling is tried.

    Raises:
        StoreError, SESSuppressionError: the same call can be repeated.
    """

    store: EmailStore
    ses: SESV2Client

    def find(self, address: str) -> SuppressionEntry:
        """Return the entries of the address on both lists."""
        ours = self.store.suppression(address)
        entries = (self._get_from_ses(spelling) for spelling in _spellings(address, ours))
        return SuppressionEntry(address, ours, next((entry for entry in entries if entry), None))

    def remove(self, address: str) -> bool:
        """Remove the address from both lists. Return False when it was on neither.

        SES's list comes first: if that fails, our entry still shows that the address is listed.
        """
        ours = self.store.suppression(address)
        was_in_ses = [self._delete_from_ses(spelling) for spelling in _spellings(address, ours)]
        return self.store.unsuppress(address) or any(was_in_ses)

    def forget(self, address: str) -> int:
        """Remove the address from SES's list, which has it in clear. Return the number of entries.

        Ours holds the address back from then on, by its hash. SES itself would send to it again.
        """
        ours, count = self.store.suppression(address), 0
        for spelling in _spellings(address, ours):
            entry = self._get_from_ses(spelling)
            if entry is None:
                continue
            if ours is None:
                reason = entry.reason.lower()
                held = Suppression(address=address, reason=reason, at=entry.at, is_erased=True)
                self.store.suppress(held)
            count += self._delete_from_ses(spelling)
        return count

    def _get_from_ses(self, address: str) -> SESSuppression | None:
        try:
            response = self.ses.get_suppressed_destination(EmailAddress=address)
        except self.ses.exceptions.NotFoundException:
            return None
        except (ClientError, BotoCoreError) as error:
            raise SESSuppressionError from error
        entry = response["SuppressedDestination"]
        return SESSuppression(entry["Reason"], entry["LastUpdateTime"])

    def _delete_from_ses(self, address: str) -> bool:
        try:
            self.ses.delete_suppressed_destination(EmailAddress=address)
        except self.ses.exceptions.NotFoundException:
            return False
        except (ClientError, BotoCoreError) as error:
            raise SESSuppressionError from error
        return True


def _spellings(address: str, ours: Suppression | None) -> list[str]:
    """Return the spellings that SES may know: as requested, as in its event, in lower case."""
    spellings = [address, *([ours.address] if ours else []), address.lower()]
    return list(dict.fromkeys(spellings))
