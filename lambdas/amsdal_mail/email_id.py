"""The id of an email: its format, and the SES message tags of the service."""

from __future__ import annotations

import re

__all__ = ["EMAIL_ID", "EMAIL_ID_RULE", "EMAIL_ID_TAG", "TEMPLATE_VERSION_TAG"]

EMAIL_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")
"""The id is the value of an SES message tag, and a part of a URL path."""
EMAIL_ID_RULE = "must be 1 to 128 letters, digits, '_', '.', '-', the first a letter or digit"
EMAIL_ID_TAG = "email_id"
"""The SES message tag with the id. Events are matched to their email by this tag."""
TEMPLATE_VERSION_TAG = "email_template_version"
"""The SES message tag with the version of the template, of an email whose template has versions."""
