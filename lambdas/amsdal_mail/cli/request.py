"""The request of `amsdal-mail send`: the JSON for POST /emails from options and files."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from amsdal_mail.cli.errors import UsageError

__all__ = [
    "STDIN",
    "attachments",
    "pairs",
    "read_bytes",
    "read_object",
    "read_text",
    "without_none",
]

STDIN = "-"
LARGEST_INLINE = 2_500_000
"""Bytes of the files in the body of one request: about 3.4 MB in base64.

Lambda takes 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""
LARGEST_FILE = 40_000_000
UNKNOWN_TYPE = "application/octet-stream"

Upload = Callable[[bytes, str], str]
"""Puts a file into the bucket of the service; returns its upload_id."""


def read_bytes(name: str, option: str) -> bytes:
    """Return what a file has; `-` is standard input.

    Raises:
        UsageError: it cannot be read, or is larger than an email may be.
    """
    try:
        content = _read(name)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{option}: {name} cannot be read: {reason}.") from error
    if len(content) > LARGEST_FILE:
        raise UsageError(f"{option}: {name} is larger than an email may be (40 MB).")
    return content


def _read(name: str) -> bytes:
    if name != STDIN:
        with Path(name).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    if sys.stdin is None:  # closed, as by `<&-`
        raise ValueError("standard input is closed")
    return sys.stdin.buffer.read(LARGEST_FILE + 1)


def read_text(name: str, option: str) -> str:
    """Return the text of a file in UTF-8.

    Raises:
        UsageError: it cannot be read, or it is not UTF-8.
    """
    try:
        return read_bytes(name, option).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{option}: {name} must be text in UTF-8.") from error


def read_object(text: str, option: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        UsageError: it is not JSON, or something else than an object.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{option} must be JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UsageError(f'{option} must be a JSON object, such as {{"name": "Anna"}}.')
    return value


def pairs(values: Iterable[str], option: str) -> dict[str, str]:
    """Return the names and values of options such as `order_id=1234`.

    Raises:
        UsageError: one has no `=`, or a name comes twice.
    """
    found: dict[str, str] = {}
    for value in values:
        name, sign, rest = value.partition("=")
        if not sign or not name:
            raise UsageError(f"{option} must be NAME=VALUE, as in {option} order_id=1234.")
        if name in found:
            raise UsageError(f"{option} {name} is given twice.")
        found[name] = rest
    return found


def attachments(names: Sequence[str], upload: Upload) -> list[dict[str, Any]]:
    """Return the attachments of the files. What is too large for one call is uploaded.

    Raises:
        UsageError: a file cannot be read.
    """
    files = [(Path(name).name, read_bytes(name, "--attachment")) for name in names]
    is_large = sum(len(content) for _, content in files) > LARGEST_INLINE
    return [_attachment(name, content, upload if is_large else None) for name, content in files]


def _attachment(name: str, content: bytes, upload: Upload | None) -> dict[str, Any]:
    guessed, encoding = guess_type(name)
    mimetype = UNKNOWN_TYPE if guessed is None or encoding else guessed
    attachment = {"filename": name, "mimetype": mimetype}
    if upload is None:
        return {**attachment, "content": base64.b64encode(content).decode()}
    return {**attachment, "upload_id": upload(content, mimetype)}


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are given: neither None nor an empty list or object."""
    return {name: value for name, value in values.items() if value not in (None, [], {}, ())}
