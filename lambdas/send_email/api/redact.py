"""Redacts error texts that are for the operator: callers do not see our account or role."""

from __future__ import annotations

from amsdal_mail.backends.aws.errors import ERROR_CODES
from amsdal_mail.status import SendState
from email_store.truncate import truncate

__all__ = ["OPERATOR_ERROR_CODES", "redact_error"]

TEXT_LIMIT = 500
"""Bytes of an error's text."""
OPERATOR_ERROR_CODES = frozenset(
    code
    for code, result in ERROR_CODES.items()
    if result.raises and result.state is SendState.FAILED
) | {"ConfigurationError", "CredentialsError"}
"""Errors that only the operator can fix: permissions and credentials. AWS's texts name them."""
OPERATOR_ERROR_TEXT = "The service is not set up to send this. Its operator can see why."


def redact_error(code: str | None, text: str) -> str:
    """Return an error's text as callers may read it."""
    if code in OPERATOR_ERROR_CODES or "arn:aws" in text:
        return OPERATOR_ERROR_TEXT
    return truncate(text, TEXT_LIMIT)
