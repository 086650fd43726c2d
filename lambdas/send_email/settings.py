"""The function's settings, as the stack writes them into its environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from amsdal_mail.exceptions import ConfigurationError

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where emails go, how fast, and how long the table knows of them."""

    table_name: str
    retention_days: int
    queue_url: str
    configuration_set: str
    metadata_prefix: str
    max_send_rate: float
    """Recipients a second that the account may send to."""
    max_concurrency: int
    """How many environments work on the queue at once and share that rate."""
    timeout_seconds: int
    """What Lambda gives the function."""
    lost_answer_seconds: int
    """How long nobody sends again where SES's answer was lost; see Times."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ConfigurationError: naming every variable that is missing or wrong, not just the first.
        """
        values: list[Any] = []
        problems: list[str] = []
        for name, read in VARIABLES.items():
            try:
                values.append(read(environment[name]))
            except KeyError:
                problems.append(f"{name} is missing")
            except ValueError as error:
                problems.append(f"{name} {error}")
        if problems:
            raise ConfigurationError("; ".join(problems))
        return cls(*values)


def _text(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _count(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError("must be a whole number from 1")
    return int(value)


def _rate(value: str) -> float:
    try:
        rate = float(value)
    except ValueError as error:
        raise ValueError("must be a number") from error
    if not 0 < rate < float("inf"):
        raise ValueError("must be more than 0")
    return rate


VARIABLES: dict[str, Callable[[str], object]] = {
    "TABLE_NAME": _text,
    "RETENTION_DAYS": _count,
    "QUEUE_URL": _text,
    "AWS_SES_CONFIGURATION_SET": _text,
    "AWS_SES_METADATA_PREFIX": _text,
    "MAX_SEND_RATE": _rate,
    "MAX_CONCURRENCY": _count,
    "TIMEOUT_SECONDS": _count,
    "LOST_ANSWER_SECONDS": _count,
}
"""In the order of the fields."""
