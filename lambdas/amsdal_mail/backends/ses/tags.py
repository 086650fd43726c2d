"""Tags and metadata as SES message tags.

SES takes letters, digits, `_` and `-` in a name, and `.` and `@` too in a value. Metadata is
first sent as `metadata:key`; where SES refuses a spelling, every tag is written again in its
alphabet, and the connection keeps to that.
"""

from __future__ import annotations

import re

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import TAG_LENGTH_LIMIT

__all__ = ["message_tags", "sanitize_tags", "tag_parameters"]

NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")
NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9_.@-]")

Tags = dict[str, str]


def message_tags(message: EmailMessage, prefix: str) -> Tags:
    """List the tags of a message: `tag=true` and `<prefix>key=value`.

    Raises:
        InvalidMessageError: a key has over 255 characters with a prefix longer than `metadata:`.
    """
    for key in message.metadata:
        if len(prefix) + len(key) > TAG_LENGTH_LIMIT:
            rule = f"key has over {TAG_LENGTH_LIMIT} characters with the prefix {prefix!r}"
            raise InvalidMessageError.of(f"metadata.{key}", rule)
    tags = dict.fromkeys(message.tags, "true")
    return tags | {f"{prefix}{key}": value for key, value in message.metadata.items()}


def sanitize_tags(tags: Tags) -> Tags:
    """Write the tags in SES's alphabet. Of two that become one name, the first stays."""
    sanitized: Tags = {}
    for name, value in tags.items():
        name_spelt = NOT_IN_NAME.sub("_", name)[:TAG_LENGTH_LIMIT]
        sanitized.setdefault(name_spelt, NOT_IN_VALUE.sub("_", value))
    return sanitized


def tag_parameters(tags: Tags) -> list[dict[str, str]]:
    """Write the tags as the SESv2 API takes them."""
    return [{"Name": name, "Value": value} for name, value in tags.items()]
