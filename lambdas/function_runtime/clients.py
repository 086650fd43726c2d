"""How both functions call AWS."""

from typing import Any

__all__ = ["CLIENT_CONFIG"]

CLIENT_CONFIG: dict[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
"""For botocore's Config: an outage ends in a failed record, not in the function's own timeout."""
