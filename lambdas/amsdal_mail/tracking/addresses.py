"""The recipients of an event: bare addresses, spelled as in the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking.json_values import Json, string_list, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["bare_address", "destinations", "named_recipients", "restore_spelling"]

ADDRESS_LIMIT = 512
"""Bytes. RFC 5321 allows 254."""


def bare_address(address: str) -> str:
    """Return `local@domain` of `Name <local@domain>`, the domain in lower case.

    The addresses come from reports of other servers and may break the rules for a message.
    """
    addr_spec = address.strip()
    if addr_spec.endswith(">"):
        addr_spec = addr_spec[:-1].rpartition("<")[2].strip()
    local, at, domain = addr_spec.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def destinations(mail: Json) -> dict[str, None]:
    """Return all recipients of the message. A bounce or a complaint affects only some of them."""
    return dict.fromkeys(
        _checked(address, "mail.destination") for address in string_list(mail.get("destination"))
    )


def named_recipients(source: Json, name: str, path: str) -> dict[str, Json]:
    """Return the affected recipients of a list of objects or addresses, each with its object."""
    value = source.get(name)
    recipients = dict(_named(value, path)) if isinstance(value, list) else {}
    if not recipients:
        raise InvalidEventError(path, "must name at least one recipient")
    return recipients


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


def restore_spelling(address: str, sent_to: Mapping[str, None]) -> str:
    """Return the address as spelled in the message: reports change the case of the local part."""
    if address in sent_to:
        return address
    folded = address.casefold()
    return next((sent for sent in sent_to if sent.casefold() == folded), address)
