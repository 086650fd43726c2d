"""Timeouts: how long the sending may take and has to wait, all from two settings."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Timeouts"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `lost_response` is never less than `timeout`, or two could send the same email."""

    timeout: int
    """What Lambda gives the function."""
    lost_response: int
    """How long nobody sends again after a lost answer: by then SES's events show whether the email
    went out. A lease lasts as long, since whoever dies holding one may have sent."""

    @property
    def closing(self) -> float:
        """No call of SES starts with less time left: even a slow one has to be settled."""
        return self.timeout / 2

    @property
    def read(self) -> float:
        """How long SES's answer is waited for; after that it counts as lost."""
        return self.timeout / 3
