"""Reads, checks and writes email addresses in the form that SES takes.

SES does not support SMTPUTF8: a local part is 7-bit ASCII, a domain is Punycode (IDNA 2008), and a
display name that is not ASCII is written as RFC 2047 encoded words. An address that SES refuses is
refused here first, with the reason.
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["CONTROL", "Address", "encode_header_text", "encoded_words", "mask", "parse_address"]

LOCAL_LIMIT = 64
"""RFC 5321 section 4.5.3.1.1."""
MAILBOX_LIMIT = 1000
"""Characters of a mailbox with its display name: more than a header line takes."""
ADDRESS_LIMIT = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_ATOM = re.compile(rf"{ATOM}(?:\.{ATOM})*")
QUOTED_LOCAL = re.compile(r'"(?:[!#-\[\]-~]|\\[!-~])+"')
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
SPECIALS = re.compile(r'[()<>\[\]:;@\\,"]')
"""RFC 5322 section 3.2.3, without the dot, which initials have."""
PLAIN_NAME = re.compile(rf"{ATOM}\.?(?: {ATOM}\.?)*")
QUOTED_NAME = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. `addr_spec` is the bare address `local@domain`, its domain in lower case ASCII."""

    addr_spec: str
    display_name: str = ""

    @property
    def domain(self) -> str:
        """The part after the @, in lower case ASCII."""
        return self.addr_spec.rpartition("@")[2]

    def __str__(self) -> str:
        """Return the mailbox for a header: ASCII, with the display name quoted or encoded."""
        if not self.display_name:
            return self.addr_spec
        if not self.display_name.isascii() or "=?" in self.display_name:
            return f"{encoded_words(self.display_name)} <{self.addr_spec}>"
        if PLAIN_NAME.fullmatch(self.display_name):
            return f"{self.display_name} <{self.addr_spec}>"
        escaped = re.sub(r'(["\\])', r"\\\1", self.display_name)
        return f'"{escaped}" <{self.addr_spec}>'


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address:
    """Read `local@domain` or `Display Name <local@domain>`.

    Raises:
        ValueError: names the broken rule, and repeats no more than the part that breaks it.
    """
    if len(text) > MAILBOX_LIMIT:
        raise ValueError(f"must have at most {MAILBOX_LIMIT} characters, has {len(text)}")
    if CONTROL.search(text):
        raise ValueError("must not contain control characters or line breaks")
    name, spec = "", text.strip()
    if spec.endswith(">"):
        name, opening, spec = spec[:-1].rpartition("<")
        if not opening:
            raise ValueError("must be one address: local@domain or Name <local@domain>")
        name = _display_name(name.strip())
    local, at, domain = spec.rpartition("@")
    if "," in local:
        raise ValueError("must be one address, not several in one text")
    if not at:
        raise ValueError("must be an address of the form local@domain")
    checked = f"{_local_part(local)}@{_ascii_domain(domain)}"
    if len(checked) > ADDRESS_LIMIT:
        raise ValueError(f"must have at most {ADDRESS_LIMIT} characters, has {len(checked)}")
    return Address(checked, name)


def _display_name(text: str) -> str:
    quoted = QUOTED_NAME.fullmatch(text)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted["text"])
    special = SPECIALS.search(text)
    if special:
        raise ValueError(f"display name with {special[0]!r} must be in double quotes")
    return text


def _local_part(local: str) -> str:
    if not local:
        raise ValueError("local part (before the @) is missing")
    if not local.isascii():
        raise ValueError("local part (before the @) must be ASCII: SES has no SMTPUTF8")
    if len(local) > LOCAL_LIMIT:
        raise ValueError(f"local part must have at most {LOCAL_LIMIT} characters, has {len(local)}")
    if not DOT_ATOM.fullmatch(local) and not QUOTED_LOCAL.fullmatch(local):
        raise ValueError("local part has a character or a dot where RFC 5322 allows none")
    return local


def _ascii_domain(domain: str) -> str:
    if not domain:
        raise ValueError("domain (after the @) is missing")
    ascii_domain = domain.lower() if domain.isascii() else _idna(domain)
    labels = ascii_domain.split(".")
    if not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("domain must be letters, digits and hyphens between single dots")
    return ascii_domain


def _idna(domain: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"domain is not a valid IDNA 2008 name: {error}") from error


def encode_header_text(text: str, header_name: str = "") -> str:
    """Return text for a header: unchanged if ASCII, else as RFC 2047 encoded words on one line."""
    return text if text.isascii() else encoded_words(text, header_name)


def encoded_words(text: str, header_name: str = "") -> str:
    """Return RFC 2047 encoded words of at most 75 characters, on one line.

    The first word also leaves room for the name of the header.
    """
    from email.header import Header

    name = header_name or None
    words = Header(text, "utf-8", header_name=name).encode(linesep="", maxlinelen=75)
    return words.lstrip()


def mask(address: str) -> str:
    """Shorten an address for logs: `c***@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"
