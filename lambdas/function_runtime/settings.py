"""Read the settings of a function from its environment variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amsdal_mail.status import ConfigurationError

__all__ = ["count", "rate", "read", "secret", "text"]

SECRET_LENGTH = 32

Variables = Mapping[str, tuple[str, Callable[[str], object]]]
"""By field: the name of the variable, and a reader that returns its value or raises ValueError."""


def read(environment: Mapping[str, str], variables: Variables) -> dict[str, Any]:
    """Return the values by field.

    Raises:
        ConfigurationError: naming all variables that are missing or invalid.
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
    """Return a text that is not empty."""
    if not value:
        raise ValueError("must not be empty")
    return value


def count(value: str) -> int:
    """Return an integer of at least 1."""
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError("must be an integer of at least 1")
    return int(value)


def secret(value: str) -> bytes:
    """Return the bytes of a text that nobody can guess."""
    if len(value) < SECRET_LENGTH:
        raise ValueError(f"must be a secret of at least {SECRET_LENGTH} characters")
    return value.encode()


def rate(value: str) -> float:
    """Return a number greater than 0."""
    try:
        number = float(value)
    except ValueError as error:
        raise ValueError("must be a number") from error
    if not 0 < number < float("inf"):
        raise ValueError("must be greater than 0")
    return number
