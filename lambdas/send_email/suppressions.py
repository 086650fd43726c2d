"""Suppressions: our suppression list and SES's own for the account, seen and cleared as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from email_store.records import Suppression
from email_store.store import EmailStore

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

__all__ = ["SESSuppression", "SESSuppressionError", "SuppressionEntry", "Suppressions"]


class SESSuppressionError(Exception):
    """SES's suppression list could not be asked or changed; the cause says why."""


@dataclass(frozen=True, slots=True)
class SESSuppression:
    """An entry of SES's list for the account: `reason` is BOUNCE or COMPLAINT."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionEntry:
    """Where an address is listed. We send nothing to ours; what goes to SES's, SES bounces."""

    address: str
    ours: Suppression | None
    ses: SESSuppression | None

    @property
    def is_listed(self) -> bool:
        """True when the address is on one of the lists."""
        return self.ours is not None or self.ses is not None


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Both lists. Ours ignores letter case; SES's keeps it, so each known spelling is tried.

    Raises:
        StoreError, SESSuppressionError: the same call can be made again.
    """

    store: EmailStore
    ses: Callable[[], SESV2Client]

    def find(self, address: str) -> SuppressionEntry:
        """Look the address up in both lists."""
        ours = self.store.suppression(address)
        found = (self._in_ses(one) for one in _spellings(address, ours))
        return SuppressionEntry(address, ours, next((one for one in found if one), None))

    def remove(self, address: str) -> bool:
        """Take the address off both lists; False when it was on neither.

        SES's first: should that fail, ours still shows that there is something to take off.
        """
        ours = self.store.suppression(address)
        was_in_ses = [self._off_ses(one) for one in _spellings(address, ours)]
        return self.store.unsuppress(address) or any(was_in_ses)

    def _in_ses(self, address: str) -> SESSuppression | None:
        ses = self.ses()
        try:
            found = ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
        except ses.exceptions.NotFoundException:
            return None
        except (ClientError, BotoCoreError) as error:
            raise SESSuppressionError from error
        return SESSuppression(found["Reason"], found["LastUpdateTime"])

    def _off_ses(self, address: str) -> bool:
        ses = self.ses()
        try:
            ses.delete_suppressed_destination(EmailAddress=address)
        except ses.exceptions.NotFoundException:
            return False
        except (ClientError, BotoCoreError) as error:
            raise SESSuppressionError from error
        return True


def _spellings(address: str, ours: Suppression | None) -> list[str]:
    """List how SES may know the address: as asked for, as its event spelt it, in lower case."""
    known = [address, *([ours.address] if ours else []), address.lower()]
    return list(dict.fromkeys(known))
