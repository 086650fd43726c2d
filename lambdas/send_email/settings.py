"""The function's settings, as the stack writes them into its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from function_runtime.settings import count, rate, read, text

__all__ = ["Settings"]

VARIABLES = {
    "table_name": ("TABLE_NAME", text),
    "retention_days": ("RETENTION_DAYS", count),
    "queue_url": ("QUEUE_URL", text),
    "configuration_set": ("AWS_SES_CONFIGURATION_SET", text),
    "metadata_prefix": ("AWS_SES_METADATA_PREFIX", text),
    "max_send_rate": ("MAX_SEND_RATE", rate),
    "max_concurrency": ("MAX_CONCURRENCY", count),
    "timeout_seconds": ("TIMEOUT_SECONDS", count),
    "lost_response_seconds": ("LOST_RESPONSE_SECONDS", count),
}


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
    lost_response_seconds: int
    """How long nobody sends again where SES's answer was lost; see Timeouts."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; raises ConfigurationError."""
        return cls(**read(environment, VARIABLES))
