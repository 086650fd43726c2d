"""The meaning of each error of the SDK for the recipients of the call.

Sources: the errors of SendEmail and SendBulkEmail in the SESv2 API reference, and
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html.
"""

from __future__ import annotations

import re
from dataclasses import replace

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
)
from botocore.exceptions import ConnectionError as SDKConnectionError
from botocore.exceptions import HTTPClientError as SDKHTTPClientError
from botocore.parsers import ResponseParserError

from amsdal_mail.backends.aws.flow import CallResult
from amsdal_mail.status import ConfigurationError, CredentialsError, RetryHint, SendState

__all__ = [
    "BULK_STATUSES",
    "ERROR_CODES",
    "FAILED",
    "blame_set_up",
    "classify_error",
    "hide_passwords",
]

REJECTED = CallResult(SendState.REJECTED)
MISSING = CallResult(SendState.REJECTED, raises=ConfigurationError)
RETRY_SOON = CallResult(SendState.FAILED, RetryHint.SOON)
RETRY_LATER = CallResult(SendState.FAILED, RetryHint.LATER)
NOT_ALLOWED = CallResult(SendState.FAILED, RetryHint.LATER, raises=ConfigurationError)
SET_UP_MISSING = NOT_ALLOWED
"""The message is right, and can be sent as soon as its sender or set exists again."""
NO_CREDENTIALS = CallResult(SendState.FAILED, RetryHint.LATER, raises=CredentialsError)
FAILED = CallResult(SendState.FAILED)
UNKNOWN = CallResult(SendState.UNKNOWN)

ERROR_CODES: dict[str, CallResult] = {
    # All errors of SESv2: a test compares them with the service model.
    "AccountSuspendedException": RETRY_LATER,
    "AlreadyExistsException": REJECTED,
    "BadRequestException": REJECTED,
    "ConcurrentModificationException": RETRY_SOON,
    "ConflictException": RETRY_SOON,
    "InternalServiceErrorException": RETRY_SOON,
    "InvalidNextTokenException": REJECTED,
    "LimitExceededException": RETRY_LATER,
    "MailFromDomainNotVerifiedException": RETRY_LATER,
    "MessageRejected": REJECTED,
    "NotFoundException": MISSING,
    "SendingPausedException": RETRY_LATER,
    "TooManyRequestsException": RETRY_SOON,
    # Common to all AWS services:
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
    "AccessDeniedException": NOT_ALLOWED,
    "AccessDenied": NOT_ALLOWED,
    "ExpiredTokenException": NO_CREDENTIALS,
    "ExpiredToken": NO_CREDENTIALS,
    "IncompleteSignature": NO_CREDENTIALS,
    "InvalidClientTokenId": NO_CREDENTIALS,
    "InvalidSignatureException": NO_CREDENTIALS,
    "MissingAuthenticationTokenException": NO_CREDENTIALS,
    "OptInRequired": NOT_ALLOWED,
    # The service stopped before it responded: how far the request came is not known.
    "RequestAbortedException": UNKNOWN,
    "RequestExpired": NO_CREDENTIALS,
    "ServiceUnavailable": RETRY_SOON,
    "SignatureDoesNotMatch": NO_CREDENTIALS,
    "ThrottlingException": RETRY_SOON,
    "Throttling": RETRY_SOON,
    "UnrecognizedClientException": NO_CREDENTIALS,
    # Codes that botocore retries for any service, since nothing was done: those that
    # botocore/retries/standard.py and botocore/data/_retry.json add to the ones above.
    "BandwidthLimitExceeded": RETRY_SOON,
    "EC2ThrottledException": RETRY_SOON,
    "PriorRequestNotComplete": RETRY_SOON,
    "ProvisionedThroughputExceededException": RETRY_SOON,
    "RequestLimitExceeded": RETRY_SOON,
    "RequestThrottled": RETRY_SOON,
    "RequestThrottledException": RETRY_SOON,
    "RequestTimeout": RETRY_SOON,
    "RequestTimeoutException": RETRY_SOON,
    "SlowDown": RETRY_SOON,
    "ThrottledException": RETRY_SOON,
    "TransactionInProgressException": RETRY_SOON,
    # Errors of SQS:
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    "AWS.SimpleQueueService.NonExistentQueue": MISSING,
    "KMS.ThrottlingException": RETRY_SOON,
    "KmsThrottled": RETRY_SOON,
    "QueueDoesNotExist": MISSING,
}

"""The result of each error code, whichever service responds with it."""

BULK_STATUSES: dict[str, CallResult] = {
    "SUCCESS": CallResult(SendState.ACCEPTED),
    "MESSAGE_REJECTED": REJECTED,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": RETRY_LATER,
    "CONFIGURATION_SET_NOT_FOUND": SET_UP_MISSING,
    "TEMPLATE_NOT_FOUND": MISSING,
    "ACCOUNT_SUSPENDED": RETRY_LATER,
    "ACCOUNT_THROTTLED": RETRY_SOON,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": RETRY_LATER,
    "INVALID_SENDING_POOL_NAME": SET_UP_MISSING,
    "ACCOUNT_SENDING_PAUSED": RETRY_LATER,
    "CONFIGURATION_SET_SENDING_PAUSED": RETRY_LATER,
    "INVALID_PARAMETER": REJECTED,
    "TRANSIENT_FAILURE": RETRY_SOON,
    "FAILED": FAILED,
}
"""The result of each status that SendBulkEmail gives an entry:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BulkEmailEntryResult.html"""

SDK_ERRORS: tuple[tuple[type[Exception], CallResult], ...] = (
    # The connection was never made.
    (ConnectTimeoutError, RETRY_SOON),
    (ProxyConnectionError, RETRY_SOON),
    # The request may have arrived, but its response was lost or cannot be read.
    (SDKHTTPClientError, UNKNOWN),
    (SDKConnectionError, UNKNOWN),
    (ResponseParserError, UNKNOWN),
    # The SDK raised the error before the request.
    (NoCredentialsError, NO_CREDENTIALS),
    (PartialCredentialsError, NO_CREDENTIALS),
    (CredentialRetrievalError, NO_CREDENTIALS),
    (ParamValidationError, REJECTED),
    (BotoCoreError, NOT_ALLOWED),  # for example profile, endpoint, single sign-on
    (Exception, UNKNOWN),
)
"""The result of each class of errors without an error code. The first class that fits counts."""

UNVERIFIED = re.compile(
    r"Email address (?:is )?not verified\.?\s*(?:.*? in region [^:]*:\s*(?P<names>.*))?",
    re.DOTALL | re.IGNORECASE,
)
ELLIPSIS = re.compile(r",?\s*(?:\.{2,}|…)\s*$")
USER_INFO = re.compile(r"(?<=://).*@|[^\s:'\"]+:\S*@")

NEVER_CONNECTED = frozenset({"NewConnectionError", "ClientConnectorError", "gaierror"})
"""Errors of urllib3, aiohttp and the socket module for a connection that was never made."""


def classify_error(error: Exception) -> CallResult:
    """Return the meaning of an error that a call raised.

    A result is `unknown` only if the request may have been carried out.
    """
    # The service responded.
    if isinstance(error, ClientError):
        return _classify_client_error(error)
    # aiobotocore uses this class for a connection that was reset in mid-request too.
    if isinstance(error, EndpointConnectionError) and _was_never_connected(error):
        result = RETRY_SOON
    # The certificate of the service, or of a proxy in between, is not trusted here.
    elif isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        result = NOT_ALLOWED
    else:
        result = next(result for kind, result in SDK_ERRORS if isinstance(error, kind))
    text = hide_passwords(str(error))
    return replace(result, error_code=type(error).__name__, error_message=text)


def hide_passwords(text: str) -> str:
    """Return the text without the user and the password in URLs, as of a proxy."""
    return USER_INFO.sub("***@", text)


def blame_set_up(result: CallResult, sender: str, *, has_template: bool) -> CallResult:
    """Return a refusal as an error of the set-up, if not the message but the set-up is at fault.

    Args:
        result: the result of a request or of an entry that SES rejected.
        sender: the bare address of the sender.
        has_template: whether the request names a stored template.
    """
    text = result.error_message or ""
    is_missing = (
        is_sender_unverified(text, sender)
        # SES may leave the text out. Besides a template, only the configuration set can be missing.
        or (result.error_code == "NotFoundException" and not has_template)
    )
    if not is_missing:
        return result
    return replace(SET_UP_MISSING, error_code=result.error_code, error_message=result.error_message)


def is_sender_unverified(text: str, sender: str) -> bool:
    """Return whether SES refuses a message because its sender is not verified.

    SES names the identities that failed its check. In the sandbox, these can be recipients alone.
    A list that SES cut short may have had the sender.
    https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
    """
    refusal = UNVERIFIED.match(text)
    if refusal is None:
        return False
    names, ellipsis = ELLIPSIS.subn("", refusal["names"] or "")
    domain = sender.rpartition("@")[2].split(".")
    identities = [sender, *(".".join(domain[at:]) for at in range(len(domain)))]
    return not names or bool(ellipsis) or any(_is_listed(name, names) for name in identities)


def _is_listed(name: str, names: str) -> bool:
    pattern = rf"(?<![^\s,;<]){re.escape(name)}(?![^\s,;>])"
    return re.search(pattern, names, re.IGNORECASE) is not None


def _was_never_connected(error: EndpointConnectionError) -> bool:
    cause = error.kwargs.get("error")
    return not NEVER_CONNECTED.isdisjoint(kind.__name__ for kind in type(cause).__mro__)


def _classify_client_error(error: ClientError) -> CallResult:
    code = error.response.get("Error", {}).get("Code", "")
    # SES leaves the text out now and then. botocore then sets None or an empty string.
    text = error.response.get("Error", {}).get("Message") or ""
    http_status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    result = ERROR_CODES.get(code) or _classify_http_status(http_status)
    # SES uses one code for rate and quota, and one for a refused email and a paused account:
    # https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
    if result is RETRY_SOON and "quota" in text.lower():
        result = RETRY_LATER
    if result is REJECTED and "sending paused" in text.lower():
        result = RETRY_LATER
    if result in {REJECTED, MISSING} and text.startswith("Configuration set"):
        result = SET_UP_MISSING
    return replace(result, error_code=code, error_message=text)


def _classify_http_status(status: int) -> CallResult:
    # A gateway without a response of the service does not know what the service did.
    # 303: the request was done, and its response is elsewhere (RFC 9110, 15.4.4).
    if status in {303, 502, 504}:
        return UNKNOWN
    # 408: the request did not arrive completely (RFC 9110, 15.5.9), so nothing was done.
    if status >= 500 or status in {408, 429}:
        return RETRY_SOON
    # No AWS service redirects these calls: a redirect is from a wrong endpoint or from a proxy.
    return NOT_ALLOWED if 300 <= status < 400 or status in {401, 403} else REJECTED
