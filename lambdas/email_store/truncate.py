"""Truncation of texts and error lists: an item holds 400 KB, a Lambda response 6 MB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.exceptions import FieldError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["first_errors", "truncate"]

ERROR_LIMIT = 50
FIELD_LIMIT = 200
"""Bytes of a field's path: the last part of a path may be any text."""
RULE_LIMIT = 300
"""Bytes. Only a rule that quotes a value is longer."""


def truncate(text: str, limit: int) -> str:
    """Return the text, or its first `limit` bytes and an ellipsis.

    A lone surrogate, which UTF-8 cannot encode, becomes `?`.
    """
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[:limit].decode(errors="ignore") + "…"


def first_errors(errors: Sequence[FieldError]) -> list[FieldError]:
    """Return the first 50 broken rules, and the number of the others."""
    shown = errors if len(errors) <= ERROR_LIMIT + 1 else errors[:ERROR_LIMIT]
    first = [
        FieldError(truncate(error.field, FIELD_LIMIT), truncate(error.rule, RULE_LIMIT))
        for error in shown
    ]
    if others_count := len(errors) - len(shown):
        first.append(FieldError("(more)", f"{others_count} more rules are broken"))
    return first
