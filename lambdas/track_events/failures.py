"""Tell of a failure without telling an address: what a log may hold of an exception."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from amsdal_mail.exceptions import MailError

if TYPE_CHECKING:
    from types import TracebackType

FRAMES = 5


def described(error: BaseException | None, stack: TracebackType | None) -> dict[str, object]:
    """Describe an exception by its type and place; by its text only where that is known safe.

    The text of an unforeseen exception may quote the event, and with it somebody's address.
    """
    found: dict[str, object] = {
        "error": type(error).__name__,
        "stack": traceback.format_tb(stack)[-FRAMES:],
    }
    if isinstance(error, MailError):
        found["text"] = str(error)
    if isinstance(error, ClientError):
        found["text"] = f"{error.operation_name}: {error.response['Error'].get('Code')}"
    return found
