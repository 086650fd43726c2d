"""Headers: the names that a caller may set, and their values in ASCII."""

from __future__ import annotations

import re

from amsdal_mail.addresses import Address, decode_words, encoded_words, parse_address

__all__ = ["check_header_name", "check_structured_header", "encode_header"]

HEADER_NAME_LIMIT = 126
HEADER_NAME = re.compile(r"[!-9;-~]+")
"""RFC 5322 section 2.2."""
RESERVED_HEADERS = {
    "from": "from_email",
    "to": "to",
    "cc": "cc",
    "bcc": "bcc",
    "reply-to": "reply_to",
    "subject": "subject",
    "x-ses-configuration-set": "the backend's configuration_set",
    "x-ses-message-tags": "tags and metadata",
}
"""Headers that have a field of their own, and the name of that field."""
SES_HEADERS = frozenset({"date", "message-id", "mime-version", "sender"})
ADDRESS_HEADERS = frozenset(
    "disposition-notification-to errors-to mail-followup-to mail-reply-to return-receipt-to".split()
)
"""Headers with addresses. Only the display names may have encoded words (RFC 2047 section 5)."""
ASCII_HEADERS = frozenset(
    "archived-at auto-submitted in-reply-to list-archive list-help list-owner list-post"
    " list-subscribe list-unsubscribe list-unsubscribe-post original-message-id references".split()
)
"""Headers with web addresses, message ids or keywords: mail programs decode nothing in them.

RFC 2369 (List-*), RFC 5322 section 3.6.4 (References, In-Reply-To), RFC 3834 (Auto-Submitted).
"""
LIST_ID = re.compile(r"(?P<phrase>.*?)\s*(?P<id><[!-~]+>)\s*")
"""RFC 2919."""


def check_header_name(text: str) -> str:
    """Accept the name of a header that neither a field of the message nor SES writes."""
    if not HEADER_NAME.fullmatch(text):
        raise ValueError("header name must be printable ASCII without spaces and colons")
    field = RESERVED_HEADERS.get(text.lower())
    if field:
        raise ValueError(f"header is set by {field}")
    if text.lower() in SES_HEADERS or text.lower().startswith("content-"):
        raise ValueError("header is written by SES and cannot be set")
    if len(text) > HEADER_NAME_LIMIT:
        raise ValueError(f"must have 1 to {HEADER_NAME_LIMIT} characters, has {len(text)}")
    return text


def check_structured_header(name: str, value: str) -> None:
    """Accept a value that can be written as ASCII by the rules of its header.

    Raises:
        ValueError: an encoded word may not stand where the value is not ASCII.
    """
    if value.isascii():
        return
    lower_name = name.lower()
    if lower_name in ASCII_HEADERS:
        raise ValueError("must be ASCII: write web addresses with %, domains in Punycode")
    if lower_name in ADDRESS_HEADERS:
        _encoded_addresses(value)
    elif lower_name == "list-id" and not LIST_ID.fullmatch(value):
        raise ValueError("must be `phrase <list.example.com>`, and ASCII within the angle brackets")


def encode_header(name: str, value: str) -> str:
    """Return the value as ASCII on one line.

    Of a header with structure, only phrases become encoded words:
    https://www.rfc-editor.org/rfc/rfc2047#section-5
    """
    if value.isascii():
        return value
    if name.lower() in ADDRESS_HEADERS:
        return _encoded_addresses(value)
    list_id = LIST_ID.fullmatch(value) if name.lower() == "list-id" else None
    if list_id:
        return f"{encoded_words(decode_words(list_id['phrase']), name)} {list_id['id']}"
    return encoded_words(value, name)


def _encoded_addresses(value: str) -> str:
    from email.utils import getaddresses

    pairs = getaddresses([value])
    return ", ".join(
        str(Address(parse_address(address).addr_spec, decode_words(name)))
        for name, address in pairs
    )
