"""Times: how long the sending may take and has to wait, all from two settings."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Times"]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. `lost_answer` is never less than `timeout`, or two could send the same email."""

    timeout: int
    """What Lambda gives the function."""
    lost_answer: int
    """Until SES's events have surely told of an email whose answer was lost: nobody may send it
    again before. A lease lasts as long, for whoever dies with one may have sent."""

    @property
    def closing(self) -> float:
        """No call is begun with less than this left: it may take its time, and must be settled."""
        return self.timeout / 2

    @property
    def read(self) -> float:
        """How long SES's answer is waited for; after that it counts as lost."""
        return self.timeout / 3
