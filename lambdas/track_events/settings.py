"""The settings of the function, from the environment variables that the stack sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from function_runtime.settings import count, read, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings"]

VARIABLES = {
    "table_name": ("TABLE_NAME", text),
    "retention_days": ("RETENTION_DAYS", count),
    "event_bus_name": ("EVENT_BUS_NAME", text),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The table and the event bus."""

    table_name: str
    retention_days: int
    event_bus_name: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings.

        Raises:
            ConfigurationError: naming all settings that are missing or invalid.
        """
        return cls(**read(environment, VARIABLES))
