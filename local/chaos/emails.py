"""The emails of a chaos run, and who has to get them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SENDER = "orders@example.com"


@dataclass(frozen=True, slots=True)
class Email:
    """One request; its key is its id."""

    key: str
    recipients: tuple[str, ...]
    request: dict[str, Any]

    @property
    def body(self) -> str:
        """The request with its key in it, as the queue wants it."""
        return json.dumps({**self.request, "idempotency_key": self.key})


def emails(count: int) -> Iterator[Email]:
    """Make so many; of ten, one goes to two people at once and one to three one by one."""
    for number in range(count):
        key = f"chaos-{number}"
        people = [f"{key}.{letter}@example.com" for letter in "abc"]
        match number % 10:
            case 3:
                yield Email(key, tuple(people[:2]), _request(to=people[:1], cc=people[1:2]))
            case 7:
                merged = _request(to=people, merge_data={}, body="Dear {{title}}")
                merged["merge_global_data"] = {"title": "customer"}
                yield Email(key, tuple(people), merged)
            case _:
                yield Email(key, tuple(people[:1]), _request(to=people[:1]))


def _request(**fields: object) -> dict[str, Any]:
    return {"subject": "Order", "body": "Thank you.", "from_email": SENDER, **fields}
