"""Message tags of SES: the tags and the metadata of a message, in the alphabet of SES."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from amsdal_mail.email_id import EMAIL_ID_TAG, TEMPLATE_VERSION_TAG
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import TAG_LENGTH_LIMIT
from amsdal_mail.message.tag_names import metadata_tag_name, sanitize_tag_name
from amsdal_mail.sensitive import SENSITIVE_TAG

__all__ = ["TagEncoding", "Tags", "message_tags", "metadata_tags", "sanitize_tags"]

NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9_.@-]")
"""Characters that SES refuses in the value of a message tag.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
"""

OWN_TAGS = frozenset({EMAIL_ID_TAG, SENSITIVE_TAG, TEMPLATE_VERSION_TAG})

Tags = dict[str, str]


@dataclass
class TagEncoding:
    """The spelling of tags on one connection.

    Metadata is first sent as `metadata:key`. If SES refuses a tag, all tags are sent again with `_`
    for the characters that it does not take, and the connection does so from then on.
    """

    is_restricted: bool = False


def message_tags(message: EmailMessage, prefix: str) -> Tags:
    """Return the tags of a message: `tag=true` and `<prefix>key=value`.

    A sensitive message has one more, which does not count toward the 50 tags of a message.

    Raises:
        InvalidMessageError: with a prefix other than `metadata:`, a key has over 255 characters,
            or is the name of another tag.
    """
    tags = dict.fromkeys(message.tags, "true")
    for key in {*message.metadata}.union(*(message.merge_metadata or {}).values()):
        name = sanitize_tag_name(metadata_tag_name(key, prefix))
        if name in OWN_TAGS or name in map(sanitize_tag_name, tags):
            rule = f"is the tag {name} with the prefix {prefix!r}, like another tag"
            raise InvalidMessageError.for_field(f"metadata.{key}", rule)
    if message.sensitive:
        tags[SENSITIVE_TAG] = "true"
    return tags | metadata_tags(message.metadata, prefix)


def metadata_tags(metadata: Mapping[str, str], prefix: str) -> Tags:
    """Return the tags of the metadata.

    Raises:
        InvalidMessageError: with the prefix, a key has over 255 characters.
    """
    for key in metadata:
        if len(prefix) + len(key) > TAG_LENGTH_LIMIT:
            rule = f"key has over {TAG_LENGTH_LIMIT} characters with the prefix {prefix!r}"
            raise InvalidMessageError.for_field(f"metadata.{key}", rule)
    return {metadata_tag_name(key, prefix): value for key, value in metadata.items()}


def sanitize_tags(tags: Tags) -> Tags:
    """Return the tags with `_` for characters that SES refuses. No two names become equal."""
    return {sanitize_tag_name(name): NOT_IN_VALUE.sub("_", value) for name, value in tags.items()}
