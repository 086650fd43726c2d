"""Notices: what the service tells the event bus about an email before SES knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = ["Notice", "NoticeBus", "NoticeKind"]


class NoticeKind(StrEnum):
    """What happened to an email."""

    SCHEDULED = "scheduled"
    """It waits for its time, or for another time than before."""
    CANCELED = "canceled"
    EXPIRED = "expired"
    """Recipients did not get it in time, and do not get it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A thing that happened to an email. A notice may come twice, with the same id."""

    kind: NoticeKind
    email_id: str
    at: datetime
    recipient_count: int
    """The number of recipients whom it concerns."""
    chunk: int | None = None
    send_at: datetime | None = None
    expires_at: datetime | None = None
    generation: int = 0

    @property
    def event_id(self) -> str:
        """The id by which a repeated notice is recognised."""
        parts = (self.email_id, self.kind.value, self.generation, self.chunk or 0)
        return "-".join(map(str, parts))


class NoticeBus(Protocol):
    """Publishes notices on the event bus."""

    def publish(self, notice: Notice) -> None:
        """Publish a notice.

        Raises:
            QueueError: the bus did not take it. Publish it again.
        """
        ...
