"""Bodies of requests to the HTTP API."""

from __future__ import annotations

from typing import Any

__all__ = ["ANNA", "BEN", "EMAIL", "email", "merged"]

ANNA, BEN = "anna@example.com", "ben@example.com"
EMAIL = {"subject": "Hi", "body": "Hello", "from_email": "shop@example.com", "to": [ANNA]}


def email(**changes: Any) -> dict[str, Any]:
    return EMAIL | changes


def merged(*to: str) -> dict[str, Any]:
    return email(to=list(to), merge_data={address: {} for address in to})
