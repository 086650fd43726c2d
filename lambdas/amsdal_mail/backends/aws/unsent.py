"""The meaning of errors that ended a call before anything was sent: never `unknown`."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)
from botocore.exceptions import ConnectionError as SDKConnectionError
from botocore.exceptions import HTTPClientError as SDKHTTPClientError

from amsdal_mail.backends.aws.errors import classify_error, hide_passwords
from amsdal_mail.backends.aws.flow import CallResult
from amsdal_mail.status import ConfigurationError, CredentialsError, RetryHint, SendState

__all__ = ["classify_unsent_error"]

RETRY_SOON = CallResult(SendState.FAILED, RetryHint.SOON)
WRONG_SETUP = CallResult(SendState.FAILED, RetryHint.LATER, raises=ConfigurationError)
NO_CREDENTIALS = CallResult(SendState.FAILED, RetryHint.LATER, raises=CredentialsError)

BROKEN_HANDSHAKE = re.compile("EOF|timed out|reset|closed", re.IGNORECASE)
"""Texts of TLS errors that may pass. Others are about certificates and protocols."""

PROXY_REFUSAL = re.compile(r"(?:failed: |^)(401|403|407)\b")
"""HTTP statuses with which a proxy refuses this client, and not just this moment."""

SETUP_ERRORS = (
    ValueError,
    TypeError,
    FileNotFoundError,
    PermissionError,
    IsADirectoryError,
    ssl.SSLError,
)
"""Errors of a URL, a header or a file that the SDK reads before it connects."""


def classify_unsent_error(error: Exception) -> CallResult:
    """Return the meaning of an error that a call raised before its request was sent.

    The set-up is at fault, or the way to the service, but never the message.
    """
    text = str(error)
    if isinstance(error, ProxyConnectionError):  # its own text does not say what went wrong
        text = f"{text}: {_cause(error)}"
    text = hide_passwords(text)
    result = _result(error)
    return replace(result, error_code=_code(error), error_message=text, is_unsent=True)


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "ClientError")
    return type(error).__name__


def _result(error: Exception) -> CallResult:
    if isinstance(error, ConfigurationError):
        return replace(WRONG_SETUP, raises=type(error))
    # A service that the SDK asks for credentials, such as STS, has responded.
    if isinstance(error, ClientError):
        return RETRY_SOON if classify_error(error).retry is RetryHint.SOON else NO_CREDENTIALS
    if isinstance(error, ParamValidationError):
        return _refused_parameter(error)
    if isinstance(error, SSLError):
        return RETRY_SOON if BROKEN_HANDSHAKE.search(str(error)) else WRONG_SETUP
    if isinstance(error, ProxyConnectionError) and PROXY_REFUSAL.search(str(_cause(error))):
        return WRONG_SETUP
    if isinstance(error, SDKConnectionError | SDKHTTPClientError):
        return WRONG_SETUP if isinstance(_cause(error), SETUP_ERRORS) else RETRY_SOON
    if isinstance(error, BotoCoreError):
        return classify_error(error)
    # AttributeError: the installed SDK does not have the operation.
    return WRONG_SETUP if isinstance(error, (*SETUP_ERRORS, AttributeError)) else RETRY_SOON


def _cause(error: SDKConnectionError | SDKHTTPClientError) -> object:
    return error.kwargs.get("error")


def _refused_parameter(error: ParamValidationError) -> CallResult:
    """Return the result of a request that the SDK refuses by its model of the service.

    A parameter that the model does not know is for a later SDK. A wrong value is the message's.
    """
    return WRONG_SETUP if "Unknown parameter" in str(error) else classify_error(error)
