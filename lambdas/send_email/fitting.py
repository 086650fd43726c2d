"""What of an answer fits into the 6 MB that Lambda takes, and what is not for its callers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from amsdal_mail.backends.errors import ERROR_CODES
from amsdal_mail.status import SendState
from email_store.cutting import cut

__all__ = ["fitting", "public_text"]

T = TypeVar("T")
TEXT_LIMIT = 500
"""Bytes of an error's text: a batch has up to 5,000 recipients, each with one."""
OPERATORS_CODES = frozenset(
    code for code, one in ERROR_CODES.items() if one.raises and one.state is SendState.FAILED
) | {"ConfigurationError", "CredentialsError"}
"""What is for the operator to mend: permissions and credentials. AWS's text names them."""
OPERATORS_TEXT = "the service is not set up to send this: its operator can see why"


def fitting(entries: Iterable[T], count: int, size: int) -> list[T]:
    """Return the first entries, so many at most, that take no more than `size` bytes together.

    The answer is JSON that stands as a string in the JSON of Lambda: quotes are escaped twice.
    """
    found: list[T] = []
    for entry in islice(entries, count):
        size -= len(json.dumps(json.dumps(entry)))
        if size < 0:
            break
        found.append(entry)
    return found


def public_text(code: str | None, text: str | None) -> str | None:
    """Return what callers may read of an error's text: nothing that names our account or role."""
    if text is None:
        return None
    return OPERATORS_TEXT if code in OPERATORS_CODES or "arn:aws" in text else cut(text, TEXT_LIMIT)
