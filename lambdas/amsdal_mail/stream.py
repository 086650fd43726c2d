"""Stream: the kind of mail that an email is. Each stream has a queue of its own in the service."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Stream"]

LARGEST_TRANSACTIONAL = 50
"""Recipients of an email up to which it is transactional, when it names no stream."""


class Stream(StrEnum):
    """Transactional mail goes first, and bulk mail takes what is left of the sending rate."""

    TRANSACTIONAL = "transactional"
    """Mail that a person waits for: a password reset, an order confirmation."""
    BULK = "bulk"
    """Mail to many people, such as a newsletter."""

    @classmethod
    def of(cls, recipients: int) -> Stream:
        """Return the stream of an email with so many recipients that names none."""
        return cls.BULK if recipients > LARGEST_TRANSACTIONAL else cls.TRANSACTIONAL
