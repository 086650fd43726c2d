"""Suppressions: the service's suppression list and SES's list for the account, as one.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from email_store.records import Suppression
from send_email.sending.errors import ExpectedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from types_boto3_sesv2 import SESV2Client

    from email_store.store import EmailStore

__all__ = [
    "SESSuppression",
    "SESSuppressionError",
    "SESSuppressionPage",
    "SESSuppressionRow",
    "SuppressionEntry",
    "Suppressions",
    "UnknownTokenError",
]

UNKNOWN_TOKEN_CODES = frozenset({"BadRequestException", "InvalidNextTokenException"})


class SESSuppressionError(ExpectedError):
    """SES's suppression list could not be read or changed. The cause says why."""


class UnknownTokenError(ExpectedError):
    """SES does not know the token of a page."""


@dataclass(frozen=True, slots=True)
class SESSuppression:
    """An entry of SES's list for the account. `reason` is BOUNCE or COMPLAINT."""

    reason: str
    at: datetime


class SESSuppressionRow(NamedTuple):
    """An entry of SES's list for the account, with its address."""

    address: str
    reason: str
    at: datetime


class SESSuppressionPage(NamedTuple):
    """A page of SES's list, in SES's order."""

    entries: Sequence[SESSuppressionRow]
    token: str | None
    """The token of the next page; None on the last."""


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

    def list_of_ses(self, limit: int, token: str | None = None) -> SESSuppressionPage:
        """Return a page of SES's list. `token` is that of the page before.

        Raises:
            UnknownTokenError: SES does not know the token, or not any more.
        """
        start = {"NextToken": token} if token else {}
        try:
            response = self.ses.list_suppressed_destinations(PageSize=limit, **start)  # type: ignore[arg-type]
        except (ClientError, BotoCoreError) as error:
            if token and isinstance(error, ClientError) and _is_unknown_token(error):
                raise UnknownTokenError from error
            raise SESSuppressionError from error
        rows = [
            SESSuppressionRow(row["EmailAddress"], row["Reason"], row["LastUpdateTime"])
            for row in response["SuppressedDestinationSummaries"]
        ]
        return SESSuppressionPage(rows, response.get("NextToken"))

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


def _is_unknown_token(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in UNKNOWN_TOKEN_CODES


def _spellings(address: str, ours: Suppression | None) -> list[str]:
    """Return the spellings that SES may know: as requested, as in its event, in lower case."""
    spellings = [address, *([ours.address] if ours else []), address.lower()]
    return list(dict.fromkeys(spellings))
