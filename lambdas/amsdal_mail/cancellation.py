"""What a send had done when it was cancelled or interrupted."""

from __future__ import annotations

from amsdal_mail.status import SendStatus

__all__ = ["attach_status", "cancelled_status"]

ATTRIBUTE = "amsdal_mail_status"
"""The error stays an `asyncio.CancelledError`: asyncio compares the class itself until 3.12."""


def cancelled_status(error: BaseException) -> SendStatus | None:
    """Return the status of the send that an error cut off, or None when it cut off no send.

    `error` is the CancelledError or KeyboardInterrupt that came out of the send, or an error
    that it became, such as the TimeoutError of `asyncio.timeout`. In the status, `accepted`
    recipients have their email, `failed` ones do not, and `unknown` ones may have it.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        status = getattr(cause, ATTRIBUTE, None)
        if isinstance(status, SendStatus):
            return status
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def attach_status(error: BaseException, status: SendStatus) -> None:
    """Let `cancelled_status` find the status of the send that this error ended."""
    setattr(error, ATTRIBUTE, status)
