"""Reads, checks and writes email addresses in the form that SES takes.

SES does not support SMTPUTF8: a local part is 7-bit ASCII, a domain is Punycode (IDNA 2008), and a
display name that is not ASCII is written as RFC 2047 encoded words. An address that SES refuses is
refused here first, with the reason.
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import a2b_qp
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = [
    "CONTROL",
    "Address",
    "decode_words",
    "encoded_words",
    "mask",
    "parse_address",
]

LOCAL_LIMIT = 64
"""RFC 5321 section 4.5.3.1.1."""
MAILBOX_LIMIT = 1000
"""Characters of a mailbox with its display name: more than a header line takes."""
ADDRESS_LIMIT = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""
ENCODED_LIMIT = 320
"""Bytes of an address with its display name, as it is sent. SES refuses more:
https://github.com/mautic/mautic/issues/7732."""

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_ATOM = re.compile(rf"{ATOM}(?:\.{ATOM})*")
QUOTED_LOCAL = re.compile(r'"(?:[!#-\[\]-~]|\\[!-~])+"')
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
PLAIN_NAME = re.compile(rf"{ATOM}\.?(?: {ATOM}\.?)*")
QUOTED_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
ENCODED_WORDS = re.compile(
    rf"(?<!\S){ENCODED_WORD.pattern}(?:\s*{ENCODED_WORD.pattern})*(?!\S)", re.IGNORECASE
)
"""Encoded words with only spaces between them: RFC 2047 section 6.2 takes these spaces out."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. `addr_spec` is the bare address `local@domain`, its domain in lower case ASCII."""

    addr_spec: str
    display_name: str = ""
    mailbox: str = field(init=False, repr=False, compare=False)
    """The address for a header: ASCII, with the display name quoted or encoded."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mailbox", _mailbox(self.addr_spec, self.display_name))

    @property
    def domain(self) -> str:
        """The part after the @, in lower case ASCII."""
        return self.addr_spec.rpartition("@")[2]

    def __str__(self) -> str:
        return self.mailbox


def _mailbox(addr_spec: str, display_name: str) -> str:
    if not display_name:
        return addr_spec
    if not display_name.isascii() or "=?" in display_name:
        return f"{encoded_words(display_name)} <{addr_spec}>"
    if PLAIN_NAME.fullmatch(display_name):
        return f"{display_name} <{addr_spec}>"
    escaped = re.sub(r'(["\\])', r"\\\1", display_name)
    return f'"{escaped}" <{addr_spec}>'


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address:
    """Read `local@domain` or `Display Name <local@domain>`.

    A display name may have encoded words, as `email.utils.formataddr` writes them. It needs no
    quotes: `Doe, Jane <jane@example.com>` is one address.

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
    addr_spec = f"{_local_part(local)}@{_ascii_domain(domain)}"
    if len(addr_spec) > ADDRESS_LIMIT:
        raise ValueError(f"must have at most {ADDRESS_LIMIT} characters, has {len(addr_spec)}")
    address = Address(addr_spec, name)
    size = len(address.mailbox)
    if name and size > ENCODED_LIMIT:
        raise ValueError(f"must have at most {ENCODED_LIMIT} bytes with its name, has {size}")
    return address


def _display_name(text: str) -> str:
    """Return the name that the text shows: without quotes, with its encoded words decoded."""
    outside = QUOTED_STRING.sub("", text)
    if "@" in outside and re.search("[,;<>]", outside):
        raise ValueError("must be one address, not several in one text")
    name, end = "", 0
    for quoted in QUOTED_STRING.finditer(text):
        name += decode_words(text[end : quoted.start()]) + re.sub(r"\\(.)", r"\1", quoted[1])
        end = quoted.end()
    name += decode_words(text[end:])
    if CONTROL.search(name):
        raise ValueError("display name must not contain control characters or line breaks")
    return name


def decode_words(text: str) -> str:
    """Return the text with its RFC 2047 encoded words decoded. An unreadable word stays as it is.

    https://www.rfc-editor.org/rfc/rfc2047
    """
    return ENCODED_WORDS.sub(_decode_run, text) if "=?" in text else text


def _decode_run(run: re.Match[str]) -> str:
    """Decode words that follow each other: a character may begin in one and end in the next."""
    decoded, pending, pending_charset = "", b"", "ascii"
    try:
        for word in ENCODED_WORD.finditer(run[0]):
            charset = word[1].partition("*")[0].lower()  # RFC 2231 adds a language after *
            if charset != pending_charset:
                decoded += pending.decode(pending_charset)
                pending, pending_charset = b"", charset
            is_base64 = word[2] in "bB"
            pending += b64decode(word[3]) if is_base64 else a2b_qp(word[3].encode(), header=True)
        return decoded + pending.decode(pending_charset)
    except (LookupError, ValueError):  # an unknown character set, or invalid base64 or bytes
        return run[0]


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
