"""Tell of a failure without telling an address: what a log may hold of an exception."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from amsdal_mail.exceptions import MailError
from email_store.store import StoreError

if TYPE_CHECKING:
    from types import TracebackType

FRAMES = 5


def described(error: BaseException | None, stack: TracebackType | None) -> dict[str, object]:
    """Describe an exception by its type and place; by its text only where that is known safe.

    The text of an unforeseen exception may quote the event, and with it somebody's address.
    """
    return {
        "error": type(error).__name__,
        "text": _safe_text(error),
        "stack": traceback.format_tb(stack)[-FRAMES:],
    }


def _safe_text(error: BaseException | None) -> str | None:
    match error:
        case MailError():
            return str(error)
        case ClientError():
            return f"{error.operation_name}: {error.response['Error'].get('Code')}"
        case StoreError():
            return _safe_text(error.__cause__)
    return None
