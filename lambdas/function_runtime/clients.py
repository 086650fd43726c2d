"""The configuration of the functions' AWS clients."""

from __future__ import annotations

from typing import Any

__all__ = ["CLIENT_CONFIG"]

CLIENT_CONFIG: dict[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
"""For botocore's Config. An outage then fails a record before the function's own timeout."""
