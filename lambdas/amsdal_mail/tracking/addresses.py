"""Who an event is about: bare addresses, spelt as they were when the message was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking.json_values import Json, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ADDRESS_LIMIT = 512
"""Bytes. RFC 5321 allows 254; what is far beyond it is no address."""


def bare_address(address: str) -> str:
    """Read `local@domain` out of `Name <local@domain>`, the domain in lower case.

    Addresses come from other servers' reports: whatever they hold is taken, unlike in a message.
    """
    spec = address.strip()
    if spec.endswith(">"):
        spec = spec[:-1].rpartition("<")[2].strip()
    local, at, domain = spec.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def destinations(mail: Json) -> dict[str, None]:
    """Everyone the message was sent to: for a bounce or a complaint not those affected."""
    return dict.fromkeys(
        _checked(one, "mail.destination") for one in texts(mail.get("destination"))
    )


def named_recipients(source: Json, name: str, path: str) -> dict[str, Json]:
    """The affected recipients of a list of objects or plain addresses, each with its object."""
    value = source.get(name)
    found = dict(_named(value, path)) if isinstance(value, list) else {}
    if not found:
        raise InvalidEventError(path, "must name at least one recipient")
    return found


def _named(entries: list[object], path: str) -> Iterator[tuple[str, Json]]:
    for entry in entries:
        report: Json = entry if isinstance(entry, dict) else {"emailAddress": entry}
        address = text(report, "emailAddress")
        if address is None:
            raise InvalidEventError(path, "must be addresses or objects with an emailAddress")
        yield _checked(address, path), report


def _checked(address: str, path: str) -> str:
    bare = bare_address(address)
    if not bare or len(bare.encode()) > ADDRESS_LIMIT:
        raise InvalidEventError(path, f"must be addresses of 1 to {ADDRESS_LIMIT} bytes")
    return bare


def as_sent(address: str, sent_to: Mapping[str, None]) -> str:
    """Spell an address as in the message: reports change the letter case of the local part."""
    if address in sent_to:
        return address
    folded = address.casefold()
    return next((one for one in sent_to if one.casefold() == folded), address)
