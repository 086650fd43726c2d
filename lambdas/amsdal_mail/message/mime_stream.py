"""Writes a message with large files as MIME, without a copy of the files.

`mime.py` writes the message with a stand-in for each large file. Its base64 is made when the
message is read.
"""

from __future__ import annotations

from dataclasses import replace

from amsdal_mail.byte_streams import Plain, Source
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.fields import MessageFields
from amsdal_mail.message.mime import mime_message
from amsdal_mail.stand_ins import StandIns

__all__ = ["mime_stream"]

LINE_GROUPS = 19
"""Groups of three bytes in a line of base64, which then has 76 characters (RFC 2045, 6.8)."""


def mime_stream(message: MessageFields) -> Source:
    """Return what `mime_bytes` returns, as a source."""
    stand_ins = StandIns(LINE_GROUPS)
    attachments = tuple(_with_stand_in(file, stand_ins) for file in message.attachments)
    if not stand_ins:
        return Plain(mime_message(message).as_bytes())
    written = message.model_copy()
    object.__setattr__(written, "attachments", attachments)
    return stand_ins.fill(mime_message(written).as_bytes())


def _with_stand_in(file: Attachment, stand_ins: StandIns) -> Attachment:
    if not file.is_large:
        return file
    charset = file.content_type.partition("; charset=")[2] or None
    return replace(file, content=stand_ins.add(Plain(file.content)), charset=charset)
