"""What can be read of a request that is invalid, so that people find it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import from_json

from amsdal_mail.addresses import parse_address
from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.message.limits import RECIPIENT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InvalidRequest", "read_invalid"]

RECIPIENT_FIELDS = ("to", "cc", "bcc")
ENTRIES = 500
"""Entries that are looked at: a list may have any length."""


class InvalidRequest(NamedTuple):
    """The valid parts of an invalid request."""

    keys: list[str]
    """The idempotency key; no key if that is invalid too."""
    addresses: list[str]
    """The first 50 bare addresses of its recipients."""


def read_invalid(body: str) -> InvalidRequest:
    """Return the parts of a request that can be read, however broken it is."""
    try:
        request = from_json(body)
    except ValueError:
        return InvalidRequest([], [])
    if not isinstance(request, dict):
        return InvalidRequest([], [])
    key = request.get("idempotency_key")
    keys = [key] if isinstance(key, str) and EMAIL_ID.fullmatch(key) else []
    mailboxes = islice(_mailboxes(request), ENTRIES)
    addresses = dict.fromkeys(filter(None, map(_address, mailboxes)))
    return InvalidRequest(keys, list(islice(addresses, RECIPIENT_LIMIT)))


def _mailboxes(request: dict[str, Any]) -> Iterator[Any]:
    for name in RECIPIENT_FIELDS:
        given = request.get(name)
        yield from given if isinstance(given, list) else [given]


def _address(mailbox: Any) -> str | None:
    try:
        return parse_address(mailbox).addr_spec if isinstance(mailbox, str) else None
    except ValueError:
        return None
