"""Stream: the kind of mail that an email is. Each stream has a queue of its own in the service."""

from __future__ import annotations

from enum import StrEnum

from amsdal_mail.message.limits import RECIPIENT_LIMIT

__all__ = ["Stream"]


class Stream(StrEnum):
    """Transactional mail goes first, and bulk mail takes what is left of the sending rate."""

    TRANSACTIONAL = "transactional"
    """Mail that a person waits for: a password reset, an order confirmation."""
    BULK = "bulk"
    """Mail to many people, such as a newsletter."""

    @classmethod
    def of(cls, recipients: int) -> Stream:
        """Return the stream of an email with so many recipients that names none."""
        return cls.BULK if recipients > RECIPIENT_LIMIT else cls.TRANSACTIONAL
