"""The settings of the function, from the environment variables that the stack sets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from function_runtime.settings import count, read, secret, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Settings"]

VARIABLES = {
    "table_name": ("TABLE_NAME", text),
    "retention_days": ("RETENTION_DAYS", count),
    "event_bus_name": ("EVENT_BUS_NAME", text),
    "suppression_key": ("SUPPRESSION_KEY", secret),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The table, the event bus and the key of the suppression list."""

    table_name: str
    retention_days: int
    event_bus_name: str
    suppression_key: bytes = field(repr=False)
    """The key of the keyed hashes of addresses."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings.

        Raises:
            ConfigurationError: naming all settings that are missing or invalid.
        """
        return cls(**read(environment, VARIABLES))
