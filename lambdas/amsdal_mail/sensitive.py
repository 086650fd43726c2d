"""The SES message tag that marks a sensitive email, on its way out and in its events."""

from __future__ import annotations

__all__ = ["SENSITIVE_TAG"]

SENSITIVE_TAG = "email_sensitive"
"""The tag has the value `true`. Events carry the subject too: by the tag, they are recognised."""
