"""The emails of a chaos run, with the recipients that must get them."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Email", "make_emails"]

SENDER = "orders@example.com"
LARGE_FILE = {
    "filename": "report.pdf",
    "mimetype": "application/pdf",
    "content": b64encode(b"%PDF" * 900_000).decode(),
}
"""A file that makes an email of 5 MB."""


@dataclass(frozen=True, slots=True)
class Email:
    """A request. Its idempotency key is its `email_id`."""

    key: str
    recipients: tuple[str, ...]
    request: dict[str, Any]

    @property
    def body(self) -> str:
        """The request with its key, as a message of the send queue."""
        return json.dumps({**self.request, "idempotency_key": self.key})

    @property
    def is_heavy(self) -> bool:
        """Whether a message of the send queue cannot take the body."""
        return "attachments" in self.request


def make_emails(count: int) -> Iterator[Email]:
    """Yield emails.

    Of ten, one has a cc recipient, one is personalized for three, and three are bulk mail. Of 250,
    one has 5 MB, by the queue and by the API in turns.
    """
    for number in range(count):
        key = f"chaos-{number}"
        addresses = [f"{key}.{letter}@example.com" for letter in "abc"]
        if number % 500 in {100, 351}:
            request = _request(to=addresses[:1], attachments=[LARGE_FILE])
            yield Email(key, tuple(addresses[:1]), request)
            continue
        match number % 10:
            case 3:
                request = _request(to=addresses[:1], cc=addresses[1:2])
                yield Email(key, tuple(addresses[:2]), request)
            case 7:
                request = _request(to=addresses, merge_data={}, body="Dear {{title}}")
                request["merge_global_data"] = {"title": "customer"}
                yield Email(key, tuple(addresses), request)
            case 1 | 2 | 8:
                request = _request(to=addresses[:1], stream="bulk")
                yield Email(key, tuple(addresses[:1]), request)
            case _:
                yield Email(key, tuple(addresses[:1]), _request(to=addresses[:1]))


def _request(**fields: object) -> dict[str, Any]:
    return {"subject": "Order", "body": "Thank you.", "from_email": SENDER, **fields}
