"""What is too long is cut, and shows it: an item takes 400 KB, an answer of Lambda 6 MB."""

from __future__ import annotations

from collections.abc import Sequence

from amsdal_mail.exceptions import FieldError

__all__ = ["first_errors", "truncate"]

ERROR_LIMIT = 50
FIELD_LIMIT = 200
"""Bytes of the path of a field: its last part may be any text."""
RULE_LIMIT = 300
"""Bytes; no rule of ours is longer, unless it quotes."""


def truncate(text: str, limit: int) -> str:
    """Return the text, or its first `limit` bytes and an ellipsis; lone surrogates become `?`."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return encoded.decode()
    return encoded[:limit].decode(errors="ignore") + "…"


def first_errors(errors: Sequence[FieldError]) -> list[FieldError]:
    """Return the first 50 broken rules, and how many more there are."""
    shown = errors if len(errors) <= ERROR_LIMIT + 1 else errors[:ERROR_LIMIT]
    first = [
        FieldError(truncate(one.field, FIELD_LIMIT), truncate(one.rule, RULE_LIMIT))
        for one in shown
    ]
    if left := len(errors) - len(shown):
        first.append(FieldError("(more)", f"{left} more rules are broken"))
    return first
