"""What the sender wrote on the message, read back from SES's message tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amsdal_mail.email_id import EMAIL_ID_TAG, is_email_id
from amsdal_mail.tracking.json_values import Json, texts, writable

if TYPE_CHECKING:
    from collections.abc import Mapping

METADATA_PREFIXES = ("metadata:", "metadata_")
SES_PREFIX = "ses:"
"""Tags that SES adds by itself."""


@dataclass(frozen=True, slots=True)
class MessageTags:
    """The id, tags and metadata of an email.

    SES's alphabet may have changed them: the original `order id` comes back as `order_id`.
    """

    email_id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_tags(ses_tags: Json) -> MessageTags:
    """Read `mail.tags`: a map of lists of one text.

    `<tag>=true` is a tag, `metadata:<key>` and `metadata_<key>` are metadata. Any other pair was
    written by somebody else, or with a prefix of its own: it is metadata under its whole name.
    """
    email_id = None
    tags: list[str] = []
    metadata: dict[str, str] = {}
    foreign: dict[str, str] = {}
    for raw_name, values in ses_tags.items():
        name = writable(raw_name)
        value = ",".join(texts(values))
        if name == EMAIL_ID_TAG and is_email_id(value):
            email_id = value
        elif name.startswith(METADATA_PREFIXES):
            metadata[name[len(METADATA_PREFIXES[0]) :]] = value
        elif value == "true":
            tags.append(name)
        elif not name.startswith(SES_PREFIX):
            foreign[name] = value
    return MessageTags(email_id, tuple(tags), foreign | metadata)
