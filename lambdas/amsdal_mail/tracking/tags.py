"""The id, tags and metadata of an email, from SES's message tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amsdal_mail.email_id import EMAIL_ID, EMAIL_ID_TAG, TEMPLATE_VERSION_TAG
from amsdal_mail.sensitive import SENSITIVE_TAG
from amsdal_mail.tracking.json_values import Json, replace_surrogates, string_list

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MessageTags", "read_tags"]

METADATA_PREFIXES = ("metadata:", "metadata_")
FEEDBACK_IDS = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})
"""The tags of SES that a sender may set: they are metadata under their whole names.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html
"""
SES_PREFIX = "ses:"
"""Prefix of the tags that SES adds.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""


@dataclass(frozen=True, slots=True)
class MessageTags:
    """The id, tags and metadata of an email, the version of its template, if it is sensitive.

    They are spelled in SES's alphabet: `order id` comes back as `order_id`.
    """

    email_id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    is_sensitive: bool = False
    template_version: str | None = None


def read_tags(ses_tags: Json) -> MessageTags:
    """Return the tags of `mail.tags`, a map of lists of one string.

    `<tag>=true` is a tag. `metadata:<key>` and `metadata_<key>` are metadata. Any other pair comes
    from another sender or another prefix, and is metadata under its whole name.
    """
    email_id = None
    is_sensitive = False
    version = None
    tags: list[str] = []
    metadata: dict[str, str] = {}
    foreign: dict[str, str] = {}
    for raw_name, values in ses_tags.items():
        name = replace_surrogates(raw_name)
        value = ",".join(string_list(values))
        if name == EMAIL_ID_TAG and EMAIL_ID.fullmatch(value):
            email_id = value
        elif name == SENSITIVE_TAG:
            is_sensitive = True
        elif name == TEMPLATE_VERSION_TAG:
            version = value
        elif name.startswith(METADATA_PREFIXES):
            metadata[name[len(METADATA_PREFIXES[0]) :]] = value
        elif value == "true":
            tags.append(name)
        elif name in FEEDBACK_IDS or not name.startswith(SES_PREFIX):
            foreign[name] = value
    return MessageTags(email_id, tuple(tags), foreign | metadata, is_sensitive, version)
