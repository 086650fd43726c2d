"""The function's settings, as the stack writes them into its environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from amsdal_mail.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("TABLE_NAME", "RETENTION_DAYS", "EVENT_BUS_NAME")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where events go, and for how many days the table keeps them."""

    table_name: str
    retention_days: int
    event_bus_name: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ConfigurationError: naming every variable that is missing or wrong, not just the first.
        """
        problems = [f"{name} is missing" for name in NAMES if not environment.get(name)]
        days = environment.get("RETENTION_DAYS", "")
        if days and not (days.isascii() and days.isdigit() and int(days) > 0):
            problems.append("RETENTION_DAYS must be a whole number of days from 1")
        if problems:
            raise ConfigurationError("; ".join(problems))
        return cls(environment["TABLE_NAME"], int(days), environment["EVENT_BUS_NAME"])
