"""The function's settings, as the stack writes them into its environment."""

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
    """Where events go, and for how many days the table keeps them."""

    table_name: str
    retention_days: int
    event_bus_name: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; raises ConfigurationError."""
        return cls(**read(environment, VARIABLES))
