"""The fingerprint of a message with large files, without a copy of the files in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from amsdal_mail.byte_streams import ByteStream, Plain
from amsdal_mail.stand_ins import StandIns

if TYPE_CHECKING:
    from amsdal_mail.message.email import EmailMessage

__all__ = ["digest_of_large"]


def digest_of_large(message: EmailMessage, write: Callable[[EmailMessage], bytes]) -> str:
    """Return the SHA-256 of what `write` returns for the message, its large files included."""
    stand_ins = StandIns()
    files = tuple(
        replace(file, content=stand_ins.add(Plain(file.content))) if file.is_large else file
        for file in message.attachments
    )
    document = stand_ins.fill(write(message.replace(attachments=files)))
    digest = hashlib.sha256()
    for block in ByteStream(document).blocks():
        digest.update(block)
    return digest.hexdigest()
