"""Headers: the names that a caller may set, and their values in ASCII."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from amsdal_mail.addresses import Address, decode_words, encoded_words, parse_address
from amsdal_mail.message.inputs import number_or_text
from amsdal_mail.message.limits import check_one_line

__all__ = [
    "HeaderValue",
    "check_header_name",
    "check_header_value",
    "check_repetition",
    "check_structured_header",
    "encode_header",
    "header_lines",
]

HeaderValue = str | tuple[str, ...]

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
    "return-path": "return_path",
    "resent-from": "from_email",
    "resent-sender": "from_email",
    "resent-to": "to",
    "resent-cc": "cc",
    "resent-bcc": "bcc",
    "resent-reply-to": "reply_to",
    "x-ses-configuration-set": "configuration_set",
    "x-ses-message-tags": "tags and metadata",
    "x-ses-source-arn": "from_identity_arn",
    "x-ses-from-arn": "from_identity_arn",
    "x-ses-return-path-arn": "return_path",
    "x-ses-tenant": "tenant",
}
"""Headers that have a field of their own, and the name of that field. Those with X-SES- steer SES:
https://docs.aws.amazon.com/ses/latest/dg/sending-authorization-delegate-sender-tasks-email.html."""
SES_HEADERS = frozenset(
    {"date", "message-id", "mime-version", "sender", "received", "dkim-signature"}
)
SES_PREFIXES = ("content-", "x-ses-", "resent-")
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
SINGLE_HEADERS = frozenset({"references", "in-reply-to", "comments", "keywords"})
"""Headers that SES takes once: https://docs.aws.amazon.com/ses/latest/dg/header-fields.html.
RFC 2369 says the same of each List-*."""
LIST_ID = re.compile(r"(?P<phrase>.*?)\s*(?P<id><[!-~]+>)\s*")
"""RFC 2919."""


def check_header_name(text: str) -> str:
    """Accept the name of a header that neither a field of the message nor SES writes."""
    if not HEADER_NAME.fullmatch(text):
        raise ValueError("header name must be printable ASCII without spaces and colons")
    field = RESERVED_HEADERS.get(text.lower())
    if field:
        raise ValueError(f"header is set by {field}")
    if text.lower() in SES_HEADERS or text.lower().startswith(SES_PREFIXES):
        raise ValueError("header is written by SES and cannot be set")
    if len(text) > HEADER_NAME_LIMIT:
        raise ValueError(f"must have 1 to {HEADER_NAME_LIMIT} characters, has {len(text)}")
    return text


def check_header_value(value: object) -> HeaderValue:
    """Accept one value, or a list of values for a header that is repeated."""
    if not isinstance(value, list | tuple):
        return check_one_line(value if type(value) is str else number_or_text(value))
    values = tuple(check_one_line(number_or_text(inner)) for inner in value)
    if not values:
        raise ValueError("must have at least one value")
    return values if len(values) > 1 else values[0]


def check_repetition(name: str, value: HeaderValue) -> None:
    """Accept several values unless the header may occur only once.

    Raises:
        ValueError: it may occur only once.
    """
    lower_name = name.lower()
    if isinstance(value, tuple) and (
        lower_name in SINGLE_HEADERS or lower_name.startswith("list-")
    ):
        raise ValueError(f"header can occur only once, has {len(value)} values")


def header_lines(headers: Mapping[str, HeaderValue]) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line: a repeated header has several."""
    for name, value in headers.items():
        if isinstance(value, tuple):
            yield from ((name, inner) for inner in value)
        else:
            yield name, value


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
        Address(parse_address(address).addr_spec, decode_words(name)).mailbox
        for name, address in pairs
    )
