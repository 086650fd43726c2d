"""The SES account: its limits and their use, identities, suppression list, stored templates."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from local.ses.templates import TemplateContent

__all__ = [
    "Account",
    "DailyQuota",
    "SendRate",
    "StoredTemplate",
    "SuppressionEntry",
    "SuppressionList",
]

QUOTA_PERIOD = timedelta(hours=24)
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class SuppressionEntry:
    """An entry of the account suppression list. `reason` is BOUNCE or COMPLAINT."""

    address: str
    reason: str
    at: datetime
    message_id: str | None = None
    feedback_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template created by CreateEmailTemplate."""

    name: str
    content: TemplateContent
    created_at: datetime


class SuppressionList:
    """The account suppression list. It ignores the case of the domain, not of the local part."""

    def __init__(self) -> None:
        self._entries: dict[str, SuppressionEntry] = {}

    def put(self, entry: SuppressionEntry) -> None:
        """Add the entry, or replace the entry of its address."""
        self._entries[_key(entry.address)] = entry

    def get(self, address: str) -> SuppressionEntry | None:
        """Return the entry of an address, None if the address is not on the list."""
        return self._entries.get(_key(address))

    def delete(self, address: str) -> bool:
        """Delete the entry of an address. Return False if the address is not on the list."""
        return self._entries.pop(_key(address), None) is not None

    def all(self) -> list[SuppressionEntry]:
        """Return all entries, oldest first."""
        return sorted(self._entries.values(), key=lambda entry: entry.at)


def _key(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


class SendRate:
    """A token bucket of recipients per second.

    A call may take more tokens than there are. The next calls then wait until the bucket is
    positive again.
    """

    def __init__(self) -> None:
        self._tokens = 0.0
        self._at: datetime | None = None

    def consume(self, recipients: int, rate: float | None, now: datetime) -> bool:
        """Take tokens for a call. Return False, and take none, when the rate is exceeded.

        `rate` is in recipients per second; None means no limit.
        """
        if rate is None:
            return True
        capacity = max(rate, 1.0)
        seconds = (now - self._at).total_seconds() if self._at else capacity / rate
        self._tokens = min(capacity, self._tokens + seconds * rate)
        self._at = now
        if self._tokens < 1 - ROUNDING:
            return False
        self._tokens -= recipients
        return True


class DailyQuota:
    """The recipients of the last 24 hours. Mail to the mailbox simulator does not count."""

    def __init__(self) -> None:
        self._sent: deque[tuple[datetime, int]] = deque()
        self._total = 0

    def used(self, now: datetime) -> int:
        """Return the number of recipients in the 24 hours before `now`."""
        while self._sent and now - self._sent[0][0] >= QUOTA_PERIOD:
            self._total -= self._sent.popleft()[1]
        return self._total

    def allows(self, recipients: int, quota: int | None, now: datetime) -> bool:
        """Return whether so many more recipients fit into `quota`; None means no limit."""
        return quota is None or self.used(now) + recipients <= quota

    def add(self, recipients: int, now: datetime) -> None:
        """Add recipients that SES accepted."""
        self._sent.append((now, recipients))
        self._total += recipients


@dataclass(slots=True)
class Account:
    """Everything that SES stores for an account, except its messages.

    `default_sets` holds configuration sets by identity, `mail_from` what was set for their MAIL
    FROM domains, `unsigned` the identities whose mail is not signed. `api_rates` holds the rates
    of the calls that do not send, by operation.
    """

    rate: SendRate = field(default_factory=SendRate)
    quota: DailyQuota = field(default_factory=DailyQuota)
    suppression: SuppressionList = field(default_factory=SuppressionList)
    templates: dict[str, StoredTemplate] = field(default_factory=dict)
    identities: frozenset[str] = frozenset()
    default_sets: dict[str, str] = field(default_factory=dict)
    mail_from: dict[str, dict[str, str]] = field(default_factory=dict)
    unsigned: frozenset[str] = frozenset()
    api_rates: defaultdict[str, SendRate] = field(default_factory=lambda: defaultdict(SendRate))
    sending_enabled: bool = True
    suppressed_reasons: frozenset[str] = frozenset({"BOUNCE", "COMPLAINT"})
