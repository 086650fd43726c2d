"""What is new since the last look at the emails of a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "Watch", "next_interval"]

SLOWER = 1.5


@dataclass(frozen=True, slots=True)
class Change:
    """An email that is new, or whose state is another than before."""

    email: Mapping[str, Any]
    previous: str | None
    """The state before; None for a new email."""


class Watch:
    """Remembers the emails of the last look, and nothing else: a stage sends millions."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, Mapping[str, int]]] = {}

    def changes(self, emails: Sequence[Mapping[str, Any]]) -> list[Change]:
        """Return what changed, the oldest email first. `emails` come with the newest first."""
        changes = []
        seen = {}
        for email in reversed(emails):
            email_id = email["email_id"]
            now = (state_of(email), email["counts"])
            before = self._seen.get(email_id)
            if before != now:
                changes.append(Change(email, before[0] if before else None))
            seen[email_id] = now
        self._seen = seen
        return changes


def state_of(email: Mapping[str, Any]) -> str:
    """Return the state: of the recipient that is looked for, else of the email."""
    recipient = email.get("recipient")
    return str(recipient["state"] if recipient else email["state"])


def next_interval(interval: float, shortest: float, longest: float, *, is_busy: bool) -> float:
    """Return the seconds until the next look: longer while nothing happens."""
    return shortest if is_busy else min(interval * SLOWER, max(longest, shortest))
