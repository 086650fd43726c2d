"""A function's settings, read from its environment all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amsdal_mail.exceptions import ConfigurationError

__all__ = ["count", "rate", "read", "text"]

Variables = Mapping[str, tuple[str, Callable[[str], object]]]
"""By field: the variable's name, and what reads its value or raises ValueError."""


def read(environment: Mapping[str, str], variables: Variables) -> dict[str, Any]:
    """Read every field.

    Raises:
        ConfigurationError: naming every variable that is missing or wrong, not just the first.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field, (name, reader) in variables.items():
        try:
            values[field] = reader(environment[name])
        except KeyError:
            problems.append(f"{name} is missing")
        except ValueError as error:
            problems.append(f"{name} {error}")
    if problems:
        raise ConfigurationError("; ".join(problems))
    return values


def text(value: str) -> str:
    """Take text that is not empty."""
    if not value:
        raise ValueError("is empty")
    return value


def count(value: str) -> int:
    """Take a whole number from 1."""
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError("must be a whole number from 1")
    return int(value)


def rate(value: str) -> float:
    """Take a number over 0."""
    try:
        number = float(value)
    except ValueError as error:
        raise ValueError("must be a number") from error
    if not 0 < number < float("inf"):
        raise ValueError("must be more than 0")
    return number
