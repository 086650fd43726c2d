"""A strict parser of addresses, with the error texts of SES.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AddressRefusedError", "Mailbox", "parse_mailbox"]

ILLEGAL_IN_LOCAL_PART = frozenset('()<>,;:\\"[]')
NAME_END = frozenset("<,;:")
MAX_ADDRESS_BYTES = 320


class AddressRefusedError(ValueError):
    """The error text of SES about an address. SES names the address only where it is too long."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A parsed address. The display name is as written."""

    display_name: str
    address: str


def parse_mailbox(text: str) -> Mailbox:
    """Parse `addr@domain` or `Name <addr@domain>`. Raises AddressRefusedError.

    The limit counts the display name too, in its encoded form:
    https://github.com/zulip/zulip/issues/17558
    """
    if not text.strip():
        raise AddressRefusedError(f"Invalid email address {text}.")
    if len(text.encode()) > MAX_ADDRESS_BYTES:
        limit = f"Address length is more than {MAX_ADDRESS_BYTES} bytes long"
        raise AddressRefusedError(f"{limit}: '{text}'")
    stop = _first_unquoted(text, NAME_END)
    if stop < 0:
        address = text.strip()
        _check(address)
        return Mailbox("", address)
    if text[stop] == ":":
        # The strict parser of SES reads the words before a colon as a local part.
        raise AddressRefusedError("Local address contains illegal character")
    if text[stop] != "<":
        raise AddressRefusedError("Illegal address")
    return _angle(text[:stop].strip(), text[stop + 1 :])


def _angle(name: str, text: str) -> Mailbox:
    address, closed, after = text.partition(">")
    # SES has no SMTPUTF8: a display name beyond ASCII must be an encoded word of RFC 2047.
    if not closed or after.strip() or not name.isascii() or _has_control(name):
        raise AddressRefusedError("Illegal address")
    _check(address)
    return Mailbox(name, address)


def _first_unquoted(text: str, stop_chars: frozenset[str]) -> int:
    quoted = False
    depth = 0
    skip = False
    for at, char in enumerate(text):
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif char == '"' and not depth:
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif not quoted and depth <= 0 and char in stop_chars:
            return at
    return -1


def _has_control(text: str) -> bool:
    return any(char < " " or char == "\x7f" for char in text)


def _check(address: str) -> None:
    local, at, domain = _split(address)
    if at and not local:
        raise AddressRefusedError("Missing local name")
    if not local.startswith('"'):
        _check_local(local)
    if not at:
        raise AddressRefusedError("Missing final '@domain'")
    _check_domain(domain)


def _split(address: str) -> tuple[str, str, str]:
    """Split at the first @ outside of quotes."""
    place = _first_unquoted(address, frozenset("@"))
    return (address, "", "") if place < 0 else (address[:place], "@", address[place + 1 :])


def _check_local(local: str) -> None:
    for char in local:
        if char <= " " or char >= "\x7f":
            raise AddressRefusedError("Local address contains control or whitespace")
        if char in ILLEGAL_IN_LOCAL_PART:
            raise AddressRefusedError("Local address contains illegal character")
    if local.startswith("."):
        raise AddressRefusedError("Local address starts with dot")
    if ".." in local:
        raise AddressRefusedError("Local address contains dot-dot")
    if local.endswith("."):
        raise AddressRefusedError("Local address ends with dot")


def _check_domain(domain: str) -> None:
    if not domain or domain.endswith("."):
        raise AddressRefusedError("Missing domain")
    for char in domain:
        if char <= " " or char == "\x7f":
            raise AddressRefusedError("Domain contains control or whitespace")
        if not (char.isascii() and (char.isalnum() or char in "-.")):
            raise AddressRefusedError("Domain contains illegal character")
    if domain.startswith("."):
        raise AddressRefusedError("Domain starts with dot")
    if ".." in domain:
        raise AddressRefusedError("Domain contains dot-dot")
