"""The recipients of an event: bare addresses, spelled as in the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking.json_values import Json, string_list, text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["bare_address", "destinations", "find_spelling", "named_recipients"]

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
    addresses = map(bare_address, string_list(mail.get("destination")))
    return dict.fromkeys(address for address in addresses if _is_address(address))


def named_recipients(source: Json, name: str, path: str) -> dict[str, Json]:
    """Return the affected recipients of a list of objects or addresses, each with its object.

    An unreadable entry is left out, so that the event keeps its effect on the other recipients.

    Raises:
        InvalidEventError: no entry can be read.
    """
    entries = source.get(name)
    recipients: dict[str, Json] = {}
    for entry in entries if isinstance(entries, list) else []:
        report: Json = entry if isinstance(entry, dict) else {"emailAddress": entry}
        address = bare_address(text(report, "emailAddress") or "")
        if _is_address(address):
            recipients[address] = report
    if not recipients:
        rule = f"must name at least one address of at most {ADDRESS_LIMIT} bytes"
        raise InvalidEventError(path, rule)
    return recipients


def find_spelling(address: str, sent_to: Mapping[str, None]) -> str | None:
    """Return the address as spelled in the message; None when it was not sent there.

    Reports change the case of the local part, write an internationalized domain in Unicode or
    Punycode, and end a domain with a dot.
    """
    if address in sent_to:
        return address
    key = _comparison_key(address)
    return next((sent for sent in sent_to if _comparison_key(sent) == key), None)


def _is_address(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    return bool(local and domain) and len(address.encode()) <= ADDRESS_LIMIT


def _comparison_key(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.casefold()}@{_ascii_domain(domain.lower().rstrip('.'))}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain
