"""The names of templates: in the folder, and of their versions in SES."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amsdal_mail.cli.templates.content import TemplateContent

__all__ = ["NAME_RULE", "SEPARATOR", "is_name", "is_version_name", "ses_name_of", "version_of"]

SEPARATOR = "--"
"""SES takes letters, digits, `-` and `_` in the name of a template, and 64 of them:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ses-template-template.html
(the pattern stands in the schema of the resource type)."""
NAME = re.compile(r"(?!.*--)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9_])?")
"""With a stage of 20 characters, the name of a version has 64 characters at most."""
NAME_RULE = (
    "must be 1 to 32 letters, digits, '-' and '_', with no '-' at the ends and no '--' inside"
)
VERSION_LENGTH = 8
VERSION_NAME = re.compile(r".+--.+--[0-9a-f]{8}")
STAGE_LENGTH = 20


def is_name(name: str) -> bool:
    """Return whether a template may have this name."""
    return NAME.fullmatch(name) is not None


def is_version_name(ses_name: str) -> bool:
    """Return whether a template of SES is a version that was pushed from a folder."""
    return VERSION_NAME.fullmatch(ses_name) is not None


def version_of(content: TemplateContent) -> str:
    """Return the version: the start of the SHA-256 of the three parts."""
    parts = json.dumps([content.subject, content.text, content.html])
    return hashlib.sha256(parts.encode()).hexdigest()[:VERSION_LENGTH]


def ses_name_of(name: str, stage: str, version: str) -> str:
    """Return the name of a version in SES.

    All stages of an account share the templates of SES in a region. The name has the stage, so that
    a push to one stage never deletes what another stage sends.
    """
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", stage).strip("-")[:STAGE_LENGTH].strip("-")
    return SEPARATOR.join((name, slug or "stage", version))
