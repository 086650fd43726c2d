"""What a send had done when it was cancelled or interrupted."""

from __future__ import annotations

from amsdal_mail.status import SendStatus

__all__ = ["attach_status", "cancelled_status"]


def cancelled_status(error: BaseException) -> SendStatus | None:
    """Return the status of the send that an error cut off, or None when it cut off no send.

    `error` is the CancelledError or KeyboardInterrupt that came out of the send, or an error
    that it became, such as the TimeoutError of `asyncio.timeout`. In the status, `accepted`
    recipients have their email, `failed` ones do not, and `unknown` ones may have it.
    """
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        status = getattr(cause, "status", None)
        # An Exception with a status, such as ConfigurationError, has cut off nothing.
        if isinstance(status, SendStatus) and not isinstance(cause, Exception):
            return status
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def attach_status(error: BaseException, status: SendStatus) -> None:
    """Give the error that ended a send the status of that send.

    The error keeps its class: asyncio compares the class of CancelledError itself until 3.12.
    """
    error.status = status  # type: ignore[attr-defined]
