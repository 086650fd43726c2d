"""Tags and metadata as SES message tags.

A tag's name takes letters, digits, `_` and `-`; its value also takes `.` and `@`:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html. Metadata is first
sent as `metadata:key`. If SES refuses a tag, all tags are sent again with `_` for the characters
that it does not take, and the connection does so from then on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import TAG_LENGTH_LIMIT

__all__ = ["TagEncoding", "Tags", "message_tags", "sanitize_tags", "tag_parameters"]

NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")
NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9_.@-]")

Tags = dict[str, str]


@dataclass
class TagEncoding:
    """The spelling of tags on one connection: unchanged until SES refuses one, then restricted."""

    is_restricted: bool = False

    def encode(self, tags: Tags) -> Tags:
        """Return the tags in the spelling that the connection uses now."""
        return sanitize_tags(tags) if self.is_restricted else tags


def message_tags(message: EmailMessage, prefix: str) -> Tags:
    """Return the tags of a message: `tag=true` and `<prefix>key=value`.

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
    """Return the tags with `_` for what SES refuses. Of two tags with one name the first stays."""
    sanitized: Tags = {}
    for name, value in tags.items():
        sanitized_name = NOT_IN_NAME.sub("_", name)[:TAG_LENGTH_LIMIT]
        sanitized.setdefault(sanitized_name, NOT_IN_VALUE.sub("_", value))
    return sanitized


def tag_parameters(tags: Tags) -> list[dict[str, str]]:
    """Return the tags as parameters of the SESv2 API."""
    return [{"Name": name, "Value": value} for name, value in tags.items()]
