"""Names of SES message tags: the alphabet of SES, and the names that metadata gets."""

from __future__ import annotations

import re

__all__ = [
    "FEEDBACK_IDS",
    "METADATA_PREFIX",
    "are_plain_names",
    "metadata_tag_name",
    "sanitize_tag_name",
]

METADATA_PREFIX = "metadata:"
"""Comes before a metadata key in the name of its SES message tag."""
FEEDBACK_IDS = frozenset({"ses:feedback-id-a", "ses:feedback-id-b"})
"""The only names with a colon that SES takes. They become parts of the header Feedback-ID:
https://docs.aws.amazon.com/ses/latest/dg/header-fields.html."""
PLAIN_NAMES = re.compile(r"[A-Za-z0-9_-]*")
NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")
"""Characters that SES refuses in the name of a message tag.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
"""


def metadata_tag_name(key: str, prefix: str = METADATA_PREFIX) -> str:
    """Return the name of the tag for a metadata key. A feedback id keeps its name."""
    return key if key in FEEDBACK_IDS else f"{prefix}{key}"


def sanitize_tag_name(name: str) -> str:
    """Return the name with `_` for characters that SES refuses."""
    return name if name in FEEDBACK_IDS else NOT_IN_NAME.sub("_", name)


def are_plain_names(names: set[str], count: int) -> bool:
    """Return whether so many names are different, also in SES's alphabet, and none is SES's.

    This is the usual case, decided at once: only the colon of the prefix needs to be replaced.
    """
    names = {name.replace(METADATA_PREFIX, "metadata_", 1) for name in names}
    return len(names) == count and PLAIN_NAMES.fullmatch("".join(names)) is not None
