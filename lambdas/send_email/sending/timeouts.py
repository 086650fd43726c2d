"""Timeouts: how long a call to SES may take, and how long a retry must wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

__all__ = ["Timeouts"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    min_remaining: float
    """A call to SES starts only with this much time left: its result must be stored too."""
    ses_read: float
    """How long to wait for the response of SES. After that, it counts as lost."""
    lost_response: int
    """How long not to retry after a lost response: by then SES's events show whether SES sent the
    email. A lease lasts as long, because a worker that crashed may have sent."""

    @classmethod
    def from_settings(cls, timeout_seconds: int, lost_response_seconds: int) -> Self:
        """Derive them from the timeout of the function and from `lost_response_seconds`.

        A lost response must be waited for at least as long as the function may run. Otherwise two
        workers could send the same email.
        """
        return cls(timeout_seconds / 2, timeout_seconds / 3, lost_response_seconds)
