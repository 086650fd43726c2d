"""One table: what each error of the SDK means for the recipients of the call.

Sources: the error lists of SendEmail and SendBulkEmail in the SESv2 API reference, its
list of common errors, and
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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

from amsdal_mail.status import (
    ConfigurationError,
    CredentialsError,
    RecipientStatus,
    RetryHint,
    SendState,
    SendStatus,
)

__all__ = [
    "BULK_STATUSES",
    "ERROR_CODES",
    "CallResult",
    "classify_error",
    "raise_for_configuration",
]


@dataclass(frozen=True, slots=True)
class CallResult:
    """What one call, or one entry of a bulk call, came to."""

    state: SendState
    retry: RetryHint = RetryHint.NO
    message_id: str | None = None
    code: str | None = None
    text: str | None = None
    raises: type[ConfigurationError] | None = None
    """The error for the caller, where not the message but the set-up is at fault."""

    @property
    def is_tag_refused(self) -> bool:
        """True when SES refuses the spelling of a tag: of this call nothing was sent."""
        return (self.text or "").startswith(("Invalid tag name", "Invalid tag value"))

    def for_recipient(self, address: str) -> RecipientStatus:
        """Tell the outcome as the status of one of the recipients."""
        return RecipientStatus(
            address=address,
            state=self.state,
            message_id=self.message_id,
            error_code=self.code,
            error_message=self.text,
            retry=self.retry,
        )


REJECTED = CallResult(SendState.REJECTED)
NOT_FOUND = CallResult(SendState.REJECTED, raises=ConfigurationError)
THROTTLED = CallResult(SendState.FAILED, RetryHint.SOON)
STOPPED = CallResult(SendState.FAILED, RetryHint.LATER)
NOT_ALLOWED = CallResult(SendState.FAILED, RetryHint.LATER, raises=ConfigurationError)
NO_CREDENTIALS = CallResult(SendState.FAILED, RetryHint.LATER, raises=CredentialsError)
FAILED = CallResult(SendState.FAILED)
UNKNOWN = CallResult(SendState.UNKNOWN)

ERROR_CODES: dict[str, CallResult] = {
    # SESv2's own, all of them: a test compares with the service model.
    "AccountSuspendedException": STOPPED,
    "AlreadyExistsException": REJECTED,
    "BadRequestException": REJECTED,
    "ConcurrentModificationException": THROTTLED,
    "ConflictException": THROTTLED,
    "InternalServiceErrorException": THROTTLED,
    "InvalidNextTokenException": REJECTED,
    "LimitExceededException": STOPPED,
    "MailFromDomainNotVerifiedException": STOPPED,
    "MessageRejected": REJECTED,
    "NotFoundException": NOT_FOUND,
    "SendingPausedException": STOPPED,
    "TooManyRequestsException": THROTTLED,
    # Common to all AWS services.
    "AccessDeniedException": NOT_ALLOWED,
    "AccessDenied": NOT_ALLOWED,
    "ExpiredTokenException": NO_CREDENTIALS,
    "ExpiredToken": NO_CREDENTIALS,
    "IncompleteSignature": NO_CREDENTIALS,
    "InvalidClientTokenId": NO_CREDENTIALS,
    "InvalidSignatureException": NO_CREDENTIALS,
    "MissingAuthenticationTokenException": NO_CREDENTIALS,
    "OptInRequired": NOT_ALLOWED,
    # Nobody knows how far a request had come that the service gave up before its answer.
    "RequestAbortedException": UNKNOWN,
    "RequestExpired": NO_CREDENTIALS,
    "ServiceUnavailable": THROTTLED,
    "SignatureDoesNotMatch": NO_CREDENTIALS,
    "ThrottlingException": THROTTLED,
    "Throttling": THROTTLED,
    "UnrecognizedClientException": NO_CREDENTIALS,
    # What botocore tries again whichever service says it, for nothing was done: the codes in
    # botocore/retries/standard.py and botocore/data/_retry.json that are not above.
    "BandwidthLimitExceeded": THROTTLED,
    "EC2ThrottledException": THROTTLED,
    "PriorRequestNotComplete": THROTTLED,
    "ProvisionedThroughputExceededException": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "RequestThrottled": THROTTLED,
    "RequestThrottledException": THROTTLED,
    "RequestTimeout": THROTTLED,
    "RequestTimeoutException": THROTTLED,
    "SlowDown": THROTTLED,
    "ThrottledException": THROTTLED,
    "TransactionInProgressException": THROTTLED,
    # SQS's.
    "AWS.SimpleQueueService.NonExistentQueue": NOT_FOUND,
    "KMS.ThrottlingException": THROTTLED,
    "KmsThrottled": THROTTLED,
    "QueueDoesNotExist": NOT_FOUND,
}

BULK_STATUSES: dict[str, CallResult] = {
    "SUCCESS": CallResult(SendState.ACCEPTED),
    "MESSAGE_REJECTED": REJECTED,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": STOPPED,
    "CONFIGURATION_SET_NOT_FOUND": NOT_FOUND,
    "TEMPLATE_NOT_FOUND": NOT_FOUND,
    "ACCOUNT_SUSPENDED": STOPPED,
    "ACCOUNT_THROTTLED": THROTTLED,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": STOPPED,
    "INVALID_SENDING_POOL_NAME": NOT_FOUND,
    "ACCOUNT_SENDING_PAUSED": STOPPED,
    "CONFIGURATION_SET_SENDING_PAUSED": STOPPED,
    "INVALID_PARAMETER": REJECTED,
    "TRANSIENT_FAILURE": THROTTLED,
    "FAILED": FAILED,
}

NEVER_CONNECTED = frozenset({"NewConnectionError", "ClientConnectorError", "gaierror"})


def raise_for_configuration(outcomes: Iterable[CallResult], status: SendStatus) -> SendStatus:
    """Return the status.

    Raises:
        ConfigurationError: one of the outcomes blames the set-up; it carries the status.
    """
    for outcome in outcomes:
        if outcome.raises:
            raise outcome.raises(f"{outcome.code}: {outcome.text}", status)
    return status


def classify_error(error: Exception) -> CallResult:
    """Say what an error of the SDK means. Only an outcome no one can know is `unknown`."""
    if isinstance(error, ClientError):
        return _classify_client_error(error)
    found = _classify_sdk_error(error)
    return replace(found, code=type(error).__name__, text=str(error))


def _classify_client_error(error: ClientError) -> CallResult:
    code = error.response.get("Error", {}).get("Code", "")
    # SES leaves the text out now and then; botocore then writes None or nothing.
    text = error.response.get("Error", {}).get("Message") or ""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    found = ERROR_CODES.get(code) or _classify_http_status(status)
    # SES has one code for rate and quota, one for refusal and paused account: the text tells.
    if found is THROTTLED and "quota" in text.lower():
        found = STOPPED
    if found is REJECTED and "sending paused" in text.lower():
        found = STOPPED
    if found is REJECTED and text.startswith("Configuration set"):
        found = NOT_FOUND
    return replace(found, code=code, text=text)


def _classify_http_status(status: int) -> CallResult:
    # A gateway that got no answer from SES says nothing about what SES did.
    if status in {502, 504}:
        return UNKNOWN
    # 408: the request did not arrive whole (RFC 9110, 15.5.9), so nothing of it was done.
    if status >= 500 or status in {408, 429}:
        return THROTTLED
    return NOT_ALLOWED if status in {401, 403} else REJECTED


def _classify_sdk_error(error: Exception) -> CallResult:
    if isinstance(error, EndpointConnectionError):
        # aiobotocore gives this name to a connection reset in mid-request too: the cause tells.
        cause = error.kwargs.get("error")
        names = {kind.__name__ for kind in type(cause).__mro__}
        return THROTTLED if names & NEVER_CONNECTED else UNKNOWN
    if isinstance(error, SSLError):
        return NOT_ALLOWED if "CERTIFICATE_VERIFY_FAILED" in str(error) else UNKNOWN
    if isinstance(error, ConnectTimeoutError | ProxyConnectionError):
        return THROTTLED
    if isinstance(error, SDKHTTPClientError | SDKConnectionError | ResponseParserError):
        return UNKNOWN
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return NO_CREDENTIALS
    if isinstance(error, ParamValidationError):
        return REJECTED
    # What else the SDK raises, it raises before the request: profile, endpoint, single sign-on.
    return NOT_ALLOWED if isinstance(error, BotoCoreError) else UNKNOWN
