"""SES's limits, and the document's, as rules over single values: each returns it or says why not.

Sources: https://docs.aws.amazon.com/ses/latest/dg/quotas.html, the SESv2 service model (header
and attachment lengths), https://docs.aws.amazon.com/ses/latest/dg/attachments.html (file types).
"""

from __future__ import annotations

import re
from pathlib import PurePath

from amsdal_mail.addresses import CONTROL, parse_address

RECIPIENT_LIMIT = 50
"""Recipients (to, cc and bcc together) of one message, and entries of one bulk call."""
MESSAGE_SIZE_LIMIT = 40 * 1024 * 1024
"""Bytes of a message after base64, SESv2."""
HEADER_COUNT_LIMIT = 15
HEADER_NAME_LIMIT = 126
HEADER_VALUE_LIMIT = 995
LINE_LIMIT = 998
"""Characters of a line in a message; a header is folded at spaces (RFC 5322 2.1.1)."""
TEMPLATE_DATA_LIMIT = 262_144
"""Characters of one recipient's merge values as JSON."""
BULK_DATA_LIMIT = 10 * 1024 * 1024
"""Bytes of all merge values in one bulk call. SES names no limit; it slows down messages above."""
SUBJECT_LIMIT = LINE_LIMIT - len("Subject: ")
TEMPLATE_ID_LIMIT = 255
TAG_COUNT_LIMIT = 50
"""Tags and metadata of one message together."""
TAG_LENGTH_LIMIT = 255
FILENAME_LIMIT = 255
"""Bytes in UTF-8 (SES counts characters): written for a header it still fits a line."""
CONTENT_ID_LIMIT = 78
CONTENT_TYPE_LIMIT = 78

HEADER_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322 2.2
MIMETYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
CONTENT_ID = re.compile(r"[!-;=?-~]+")
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
SES_HEADERS = frozenset({"date", "message-id", "mime-version", "sender"})
BLOCKED_EXTENSIONS = frozenset(
    "ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its"
    " js jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc"
    " msh msh1 msh1xml msh2 msh2xml mshxml msi msp mst ops pcd pif plg prf prg ps1 ps1xml ps2"
    " ps2xml psc1 psc2 reg scf scr sct shb shs sys tmp url vb vbe vbs vps vsmacros vss vst vsw vxd"
    " ws wsc wsf wsh xnk".split()
)


def address(text: str) -> str:
    """Accept one mailbox that SES would take."""
    parse_address(text)
    return text


def text(value: str) -> str:
    """Accept text that UTF-8 can write."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("must not contain lone surrogates: UTF-8 cannot write them") from error
    return value


def one_line(text: str) -> str:
    """Accept text that cannot break out of a header."""
    if CONTROL.search(text):
        raise ValueError("must not contain control characters or line breaks")
    return text


def at_most(limit: int, text: str) -> str:
    """Accept text of 1 to `limit` characters."""
    if not 1 <= len(text) <= limit:
        raise ValueError(f"must have 1 to {limit} characters, has {len(text)}")
    return text


def filename(text: str) -> str:
    """Accept an attachment name SES does not refuse for its type."""
    one_line(text)
    extension = PurePath(text.lower().rstrip(". ")).suffix[1:]
    if extension in BLOCKED_EXTENSIONS:
        raise ValueError(f"SES refuses attachments of type .{extension}")
    if len(text.encode()) > FILENAME_LIMIT:
        raise ValueError(f"must have at most {FILENAME_LIMIT} bytes, has {len(text.encode())}")
    return at_most(FILENAME_LIMIT, text)


def mimetype(text: str) -> str:
    """Accept `type/subtype` without parameters."""
    if not MIMETYPE.fullmatch(text) or text.lower().startswith(("multipart/", "message/")):
        raise ValueError("must be type/subtype such as image/png, and no multipart or message type")
    return at_most(CONTENT_TYPE_LIMIT, text)


def content_id(text: str) -> str:
    """Accept a Content-ID without its angle brackets: what stands behind `cid:` in the HTML."""
    if not CONTENT_ID.fullmatch(text):
        raise ValueError("must be printable ASCII without spaces and angle brackets")
    return at_most(CONTENT_ID_LIMIT, text)


def header_name(text: str) -> str:
    """Accept the name of a header that is the caller's to set."""
    if not HEADER_NAME.fullmatch(text):
        raise ValueError("header name must be printable ASCII without spaces and colons")
    owner = RESERVED_HEADERS.get(text.lower())
    if owner:
        raise ValueError(f"header is set by {owner}")
    if text.lower() in SES_HEADERS or text.lower().startswith("content-"):
        raise ValueError("header is written by SES and cannot be set")
    return at_most(HEADER_NAME_LIMIT, text)


def subject(text: str) -> str:
    """Accept a subject that fits one line even where nothing in it can be folded."""
    if len(text) > SUBJECT_LIMIT:
        raise ValueError(f"must have at most {SUBJECT_LIMIT} characters, has {len(text)}")
    return one_line(text)


def template_id(text: str) -> str:
    """Accept the name of a stored template."""
    return at_most(TEMPLATE_ID_LIMIT, one_line(text))


def tag(text: str) -> str:
    """Accept a tag, a metadata key or a metadata value: the spelling is SES's to judge."""
    return at_most(TAG_LENGTH_LIMIT, one_line(text))
