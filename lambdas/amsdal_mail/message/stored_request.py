"""The claim check: what travels on the queue instead of a request that is too large for it.

Files go into the bucket of the service first, each as an object of its own. If the JSON is still
too large, it follows, and the body on the queue only names it:

    {"stored_request": {"key": "queued/…", "size": 2000000, "etag": "…"}, "idempotency_key": "…"}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Self, TypeVar

from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage

__all__ = ["QUEUED", "StoredContent", "StoredRequest", "files_exceed", "new_key", "store_files"]

QUEUED = "queued/"
"""The prefix of the objects that belong to messages on the send queue."""
KEY = re.compile(rf"{QUEUED}[A-Za-z0-9._/-]{{1,200}}")
ETAG = re.compile("[!#-~]{1,128}")
FIELD = "stored_request"
LONGEST = 32_768
"""Characters of a body that may be a reference. It names at most 50 recipients."""
SMALL_FILE = 16 * 1024
"""Bytes of a file that stays in the JSON."""

M = TypeVar("M", bound=EmailMessage)


class StoredContent(NamedTuple):
    """An object in the bucket of the service."""

    key: str
    size: int
    etag: str


class StoredRequest(NamedTuple):
    """A request in the bucket, as the body of a message on the queue names it."""

    content: StoredContent
    idempotency_key: str | None = None
    only: tuple[str, ...] = ()
    """The bare addresses that are left to send to; empty for all."""

    def to_json(self) -> str:
        """Return the body."""
        document: dict[str, Any] = {FIELD: self.content._asdict()}
        if self.idempotency_key:
            document["idempotency_key"] = self.idempotency_key
        if self.only:
            document["only"] = list(self.only)
        return json.dumps(document)

    @classmethod
    def from_json(cls, body: str) -> Self | None:
        """Return the reference, or None for a body that is a request itself.

        Raises:
            InvalidMessageError: the reference is invalid.
        """
        if len(body) > LONGEST or f'"{FIELD}"' not in body:
            return None
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, dict) or FIELD not in document:
            return None
        content = _content(document.pop(FIELD))
        key, only = document.pop("idempotency_key", None), document.pop("only", [])
        is_list = isinstance(only, list) and all(isinstance(address, str) for address in only)
        if content is None or document or not is_list or not isinstance(key, str | None):
            rule = "must have a key below queued/, a size and an etag, beside idempotency_key"
            raise InvalidMessageError([FieldError(FIELD, rule)])
        return cls(content, key, tuple(only))


def new_key() -> str:
    """Return a key that no other object has, and that nobody can guess."""
    from uuid import uuid4  # only heavy emails need it

    return f"{QUEUED}{uuid4().hex}"


def files_exceed(message: EmailMessage, limit: int) -> bool:
    """Return whether the files and the bodies of a message alone exceed a size of JSON."""
    encoded = sum(len(file.content) * 4 // 3 for file in message.attachments)
    return encoded + len(message.body) + len(message.html_body or "") > limit


def store_files(message: M, limit: int, store: Callable[[Attachment], Attachment]) -> M:
    """Return the message with its larger files stored, if all together exceed the limit.

    Args:
        message: the message.
        limit: bytes of JSON.
        store: puts the content of a file into the bucket, and returns the file without it.
    """
    if not files_exceed(message, limit):
        return message
    files = [store(f) if len(f.content) >= SMALL_FILE else f for f in message.attachments]
    return message.replace(attachments=files)


def _content(value: object) -> StoredContent | None:
    if not isinstance(value, dict) or set(value) != {"key", "size", "etag"}:
        return None
    key, size, etag = value["key"], value["size"], value["etag"]
    if not (isinstance(key, str) and isinstance(etag, str) and isinstance(size, int)):
        return None
    if not (KEY.fullmatch(key) and ETAG.fullmatch(etag)):
        return None
    return StoredContent(key, size, etag)
