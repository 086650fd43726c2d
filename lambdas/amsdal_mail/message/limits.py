"""Limits of SES, and checks of single values. A check returns its value or raises ValueError.

Sources: https://docs.aws.amazon.com/ses/latest/dg/quotas.html (sizes and counts),
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html and
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Attachment.html (lengths),
https://docs.aws.amazon.com/ses/latest/dg/attachments.html (file types).
"""

from __future__ import annotations

import re
from pathlib import PurePath

from amsdal_mail.addresses import CONTROL, parse_address

__all__ = [
    "BULK_DATA_LIMIT",
    "HEADER_COUNT_LIMIT",
    "HEADER_VALUE_LIMIT",
    "LINE_LIMIT",
    "MESSAGE_SIZE_LIMIT",
    "RECIPIENT_LIMIT",
    "TAG_COUNT_LIMIT",
    "TAG_LENGTH_LIMIT",
    "TEMPLATE_DATA_LIMIT",
    "check_address",
    "check_alternative_type",
    "check_charset",
    "check_content_id",
    "check_filename",
    "check_length",
    "check_mimetype",
    "check_one_line",
    "check_subject",
    "check_tag",
    "check_template_id",
    "check_text",
]

RECIPIENT_LIMIT = 50
"""Recipients (to, cc and bcc together) of one message, and entries of one bulk call."""
MESSAGE_SIZE_LIMIT = 40 * 1024 * 1024
"""Bytes of a message after base64."""
HEADER_COUNT_LIMIT = 15
HEADER_VALUE_LIMIT = 995
LINE_LIMIT = 998
"""Characters of a line in a message; a header is folded at spaces (RFC 5322 2.1.1)."""
TEMPLATE_DATA_LIMIT = 262_144
"""Characters of one recipient's merge values as JSON."""
BULK_DATA_LIMIT = 10 * 1024 * 1024
"""Bytes of all merge values in one bulk call.

SES documents no limit for the values, but it slows down the sending of messages above 10 MB.
"""
SUBJECT_LIMIT = LINE_LIMIT - len("Subject: ")
TEMPLATE_ID_LIMIT = 255
TAG_COUNT_LIMIT = 50
"""Tags and metadata of a message together."""
TAG_LENGTH_LIMIT = 255
FILENAME_LIMIT = 255
"""Bytes of UTF-8. SES counts characters; this many bytes also fit a header line when encoded."""
CONTENT_ID_LIMIT = 78
CONTENT_TYPE_LIMIT = 78
CHARSET_LIMIT = 26
MIMETYPE_LIMIT = CONTENT_TYPE_LIMIT - CHARSET_LIMIT
"""Characters of the type alone: the rest is for `; charset=`."""

MIMETYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
ALTERNATIVE_TYPE = re.compile(r"text/([\w.+-]+)((?:; ?[\w-]+=[\w.-]+)*)", re.ASCII | re.IGNORECASE)
CONTENT_ID = re.compile(r"[!-;=?-~]+")
BLOCKED_EXTENSIONS = frozenset(
    "ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its"
    " js jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc"
    " msh msh1 msh1xml msh2 msh2xml mshxml msi msp mst ops pcd pif plg prf prg ps1 ps1xml ps2"
    " ps2xml psc1 psc2 reg scf scr sct shb shs sys tmp url vb vbe vbs vps vsmacros vss vst vsw vxd"
    " ws wsc wsf wsh xnk".split()
)


def check_length(limit: int, text: str) -> str:
    """Accept text of 1 to `limit` characters."""
    if not 1 <= len(text) <= limit:
        raise ValueError(f"must have 1 to {limit} characters, has {len(text)}")
    return text


def check_text(text: str) -> str:
    """Accept text that UTF-8 can encode."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("must not contain lone surrogates: UTF-8 cannot encode them") from error
    return text


def check_one_line(text: str) -> str:
    """Accept text that cannot end a header."""
    if CONTROL.search(text):
        raise ValueError("must not contain control characters or line breaks")
    return text


def check_address(text: str) -> str:
    """Accept one mailbox that SES takes."""
    parse_address(text)
    return text


def check_filename(text: str) -> str:
    """Accept the name of a file that SES does not refuse for its type."""
    check_one_line(text)
    extension = PurePath(text.lower().rstrip(". ")).suffix[1:]
    if extension in BLOCKED_EXTENSIONS:
        raise ValueError(f"SES refuses attachments of type .{extension}")
    if len(text.encode()) > FILENAME_LIMIT:
        raise ValueError(f"must have at most {FILENAME_LIMIT} bytes, has {len(text.encode())}")
    return check_length(FILENAME_LIMIT, text)


def check_mimetype(text: str) -> str:
    """Accept `type/subtype` without parameters."""
    if not MIMETYPE.fullmatch(text) or text.lower().startswith(("multipart/", "message/")):
        raise ValueError("must be type/subtype such as image/png, not a multipart or message type")
    return check_length(MIMETYPE_LIMIT, text)


def check_alternative_type(text: str) -> str:
    """Accept a text type that may have parameters, such as `text/calendar; method=REQUEST`."""
    match = ALTERNATIVE_TYPE.fullmatch(text)
    if not match or "charset=" in text.lower():
        raise ValueError("must be a text type such as text/calendar; method=REQUEST")
    if match[1].lower() in {"plain", "html"}:
        raise ValueError("is the type of body or html_body")
    return check_length(CONTENT_TYPE_LIMIT, text)


def check_charset(text: str) -> str:
    """Accept the name of a character set that Python has."""
    try:
        "".encode(text)
    except LookupError as error:
        raise ValueError("must be a character set such as utf-8 or iso-8859-1") from error
    return check_length(CHARSET_LIMIT - len("; charset="), text)


def check_content_id(text: str) -> str:
    """Accept a Content-ID without its angle brackets: the text after `cid:` in the HTML."""
    if not CONTENT_ID.fullmatch(text):
        raise ValueError("must be printable ASCII without spaces and angle brackets")
    return check_length(CONTENT_ID_LIMIT, text)


def check_subject(text: str) -> str:
    """Accept a subject that fits on one line, even if it has no space to fold at."""
    if len(text) > SUBJECT_LIMIT:
        raise ValueError(f"must have at most {SUBJECT_LIMIT} characters, has {len(text)}")
    return check_one_line(text)


def check_template_id(text: str) -> str:
    """Accept the name of a stored template."""
    return check_length(TEMPLATE_ID_LIMIT, check_one_line(text))


def check_tag(text: str) -> str:
    """Accept a tag, a metadata key or a metadata value. The SES backend adapts the alphabet."""
    return check_length(TAG_LENGTH_LIMIT, check_one_line(text))
