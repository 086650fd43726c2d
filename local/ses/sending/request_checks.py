"""Checks of a send request alone: recipients, addresses, tags, headers, attachments.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from local.ses.errors import Refusal, bad_request, first_refusal
from local.ses.sending.addresses import AddressRefusedError, parse_mailbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "IDENTITY_ARN",
    "WRITTEN_BY_SES",
    "check_addresses",
    "check_attachments",
    "check_bare_address",
    "check_duplicate_headers",
    "check_filename",
    "check_identity_arn",
    "check_recipients",
    "check_size",
    "check_tags",
    "decode_blob",
]

MAX_RECIPIENTS = 50
MAX_MESSAGE_BYTES = 40 * 1024 * 1024
MAX_LINE = 998
MAX_TAG = 255
FEEDBACK_TAGS = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})
BLOCKED_EXTENSIONS = frozenset(
    {
        ".ade", ".adp", ".app", ".asp", ".bas", ".bat", ".cer", ".chm", ".cmd", ".com", ".cpl",
        ".crt", ".csh", ".der", ".exe", ".fxp", ".gadget", ".hlp", ".hta", ".inf", ".ins",
        ".isp", ".its", ".js", ".jse", ".ksh", ".lib", ".lnk", ".mad", ".maf", ".mag", ".mam",
        ".maq", ".mar", ".mas", ".mat", ".mau", ".mav", ".maw", ".mda", ".mdb", ".mde", ".mdt",
        ".mdw", ".mdz", ".msc", ".msh", ".msh1", ".msh2", ".mshxml", ".msh1xml", ".msh2xml",
        ".msi", ".msp", ".mst", ".ops", ".pcd", ".pif", ".plg", ".prf", ".prg", ".ps1",
        ".ps1xml", ".ps2", ".ps2xml", ".psc1", ".psc2", ".reg", ".scf", ".scr", ".sct", ".shb",
        ".shs", ".sys", ".tmp", ".url", ".vb", ".vbe", ".vbs", ".vps", ".vsmacros", ".vss",
        ".vst", ".vsw", ".vxd", ".ws", ".wsc", ".wsf", ".wsh", ".xnk",
    }
)  # fmt: skip
"""The attachment types that SES does not send.

https://docs.aws.amazon.com/ses/latest/dg/mime-types.html
"""
IDENTITY_ARN = re.compile(
    r"arn:aws[a-z-]*:ses:[a-z0-9-]+:(?P<account>\d{12}):identity/(?P<name>.+)"
)
"""https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html"""
TAG_NAME = re.compile(r"[A-Za-z0-9_-]*")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
CONTENT_TYPE = re.compile(r"[!#$&-+.^_0-9A-Za-z-]+/[!#$&-+.^_0-9A-Za-z-]+(?=\s*(;|$))")
TAG_VALUE = re.compile(r"[A-Za-z0-9_.@-]*")
SINGLE_USE_HEADERS = frozenset(
    {
        "comments", "content-type", "date", "from", "in-reply-to", "keywords", "list-unsubscribe",
        "message-id", "mime-version", "references", "reply-to", "return-path", "sender", "subject",
    }
)  # fmt: skip
WRITTEN_BY_SES = ("Content-Type", "Date", "From", "Message-ID", "MIME-Version", "Subject")
"""SES writes these headers itself, so a header of the caller with such a name is a duplicate."""


def check_recipients(recipients: Sequence[str]) -> Refusal | None:
    """Check that To, Cc and Bcc have 1 to 50 recipients in total."""
    if not recipients:
        return bad_request("There are no recipients specified")
    if len(recipients) > MAX_RECIPIENTS:
        return bad_request(f"Recipient count exceeds {MAX_RECIPIENTS}.")
    return None


def check_addresses(addresses: Iterable[str]) -> Refusal | None:
    """Check all addresses. The first invalid address fails the whole call."""
    for address in addresses:
        try:
            parse_mailbox(address)
        except AddressRefusedError as error:
            return bad_request(str(error))
    return None


def check_bare_address(address: str) -> Refusal | None:
    """Check that an address has no display name. The rule and the text are ours."""
    if "<" not in address:
        return None
    return bad_request(f"'{address}' must be an address without a display name.")


def check_identity_arn(arn: str | None) -> Refusal | None:
    """Check the form of the ARN of an identity. The text is ours."""
    if arn is None or IDENTITY_ARN.fullmatch(arn):
        return None
    return bad_request(f"Invalid identity ARN <{arn}>.")


def check_tags(tags: Iterable[Mapping[str, str]]) -> Refusal | None:
    """Check each tag: the name before the value, the characters before the length."""
    return first_refusal(
        *(_check_tag(tag.get("Name") or "", tag.get("Value") or "") for tag in tags)
    )


def _check_tag(name: str, value: str) -> Refusal | None:
    if not name:
        return bad_request("The tag name must be specified.")
    if name not in FEEDBACK_TAGS and not TAG_NAME.fullmatch(name):
        return bad_request(
            f"Invalid tag name <{name}>: only alphanumeric ASCII characters, '_',  '-' are allowed."
        )
    if not value:
        return bad_request("The tag value must be specified.")
    if not TAG_VALUE.fullmatch(value):
        return bad_request(
            f"Invalid tag value <{value}>: only alphanumeric ASCII characters, "
            "'_',  '-' , '.', '@' are allowed."
        )
    if len(name) > MAX_TAG:
        return bad_request(f"Tag name cannot exceed {MAX_TAG} characters.")
    if len(value) > MAX_TAG:
        return bad_request(f"Tag value cannot exceed {MAX_TAG} characters.")
    return None


def check_duplicate_headers(names: Iterable[str]) -> Refusal | None:
    """Check that no header that may occur once is there twice, in any letter case."""
    used_names: set[str] = set()
    for name in names:
        if name.lower() in SINGLE_USE_HEADERS and name.lower() in used_names:
            return bad_request(f"Duplicate header '{name}'.")
        used_names.add(name.lower())
    return None


def check_attachments(attachments: Iterable[Mapping[str, Any]]) -> Refusal | None:
    """Check file types, and fields that no MIME header can hold (those texts are ours)."""
    return first_refusal(*(_check_attachment(attachment) for attachment in attachments))


def _check_attachment(attachment: Mapping[str, Any]) -> Refusal | None:
    for field in ("FileName", "ContentType", "ContentId", "ContentDescription"):
        if CONTROL_CHARACTER.search(attachment.get(field) or ""):
            return bad_request(f"An attachment's {field} contains control characters.")
    content_type = attachment.get("ContentType")
    if content_type is not None and not CONTENT_TYPE.match(content_type):
        return bad_request(f"Illegal content type '{content_type}'.")
    if decode_blob(attachment["RawContent"]) is None:
        return bad_request("The attachment's content is not base64.")
    return check_filename(attachment["FileName"])


def check_filename(filename: str) -> Refusal | None:
    """Check the file type. The rule is documented; the text is ours.

    https://docs.aws.amazon.com/ses/latest/dg/mime-types.html
    """
    if PurePosixPath(filename.lower().strip()).suffix in BLOCKED_EXTENSIONS:
        return bad_request(f"Attachment type is not supported: '{filename}'.")
    return None


def check_size(mime: bytes) -> Refusal | None:
    """Check the encoded size, and the length of each line (that text is ours)."""
    if len(mime) > MAX_MESSAGE_BYTES:
        return bad_request(
            f"Message length is more than {MAX_MESSAGE_BYTES} bytes long: '{len(mime)}'."
        )
    if any(len(line.rstrip(b"\r")) > MAX_LINE for line in mime.split(b"\n")):
        return bad_request("A line of the message is longer than 1000 characters with CRLF.")
    return None


def decode_blob(text: str) -> bytes | None:
    """Return a blob of the JSON protocol, None if it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
