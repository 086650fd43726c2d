"""The meaning of the SDK's errors, compared with the SDK's own lists."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from amsdal_mail import ConfigurationError, CredentialsError, RetryHint, SendState
from amsdal_mail.backends.aws.errors import BULK_STATUSES, ERROR_CODES, classify_error
from tests.unit.amsdal_mail.backends.responses import SES_MODEL, client_error

MEANINGS: dict[str, tuple[Exception, SendState, RetryHint]] = {
    "rate": (
        client_error("TooManyRequestsException", "Maximum sending rate exceeded.", 429),
        SendState.FAILED,
        RetryHint.SOON,
    ),
    "quota": (
        client_error("TooManyRequestsException", "Daily message quota exceeded", 429),
        SendState.FAILED,
        RetryHint.LATER,
    ),
    "unverified": (
        client_error("MessageRejected", "Email address is not verified. X"),
        SendState.REJECTED,
        RetryHint.NO,
    ),
    "account paused": (
        client_error("MessageRejected", "Sending paused for this account. For more information"),
        SendState.FAILED,
        RetryHint.LATER,
    ),
    "refusal without a text": (
        client_error("BadRequestException"),
        SendState.REJECTED,
        RetryHint.NO,
    ),
    "outage": (
        client_error("InternalServiceErrorException", "", 500),
        SendState.FAILED,
        RetryHint.SOON,
    ),
    "unavailable": (client_error("503", "", 503), SendState.FAILED, RetryHint.SOON),
    "request not read in time": (
        client_error("RequestTimeoutException", "Reading the Request timed out", 408),
        SendState.FAILED,
        RetryHint.SOON,
    ),
    "408 without a code of SES": (client_error("408", "", 408), SendState.FAILED, RetryHint.SOON),
    "aborted by SES": (client_error("RequestAbortedException"), SendState.UNKNOWN, RetryHint.NO),
    "gateway without a response": (client_error("504", "", 504), SendState.UNKNOWN, RetryHint.NO),
    "see other: it was done": (client_error("303", "", 303), SendState.UNKNOWN, RetryHint.NO),
    "redirect": (client_error("307", "", 307), SendState.FAILED, RetryHint.LATER),
    "new error code": (client_error("Novelty", "", 400), SendState.REJECTED, RetryHint.NO),
    "new error code, forbidden": (
        client_error("Novelty", "", 403),
        SendState.FAILED,
        RetryHint.LATER,
    ),
    "no credentials": (NoCredentialsError(), SendState.FAILED, RetryHint.LATER),
    "proxy": (ProxyConnectionError(proxy_url="p"), SendState.FAILED, RetryHint.SOON),
    "connect timeout": (ConnectTimeoutError(endpoint_url="u"), SendState.FAILED, RetryHint.SOON),
    "TLS broken": (
        SSLError(endpoint_url="u", error=Exception("eof")),
        SendState.UNKNOWN,
        RetryHint.NO,
    ),
    "TLS not trusted": (
        SSLError(endpoint_url="u", error=Exception("CERTIFICATE_VERIFY_FAILED")),
        SendState.FAILED,
        RetryHint.LATER,
    ),
    "unreadable response": (ResponseParserError("x"), SendState.UNKNOWN, RetryHint.NO),
    "invalid parameter": (ParamValidationError(report="r"), SendState.REJECTED, RetryHint.NO),
    "profile": (ProfileNotFound(profile="p"), SendState.FAILED, RetryHint.LATER),
}


@pytest.mark.parametrize(("error", "state", "retry"), MEANINGS.values(), ids=MEANINGS)
def test_error_means_what_the_table_says(
    error: Exception, state: SendState, retry: RetryHint
) -> None:
    result = classify_error(error)

    assert (result.state, result.retry) == (state, retry)


CONFIGURATION: dict[str, tuple[Exception, type[ConfigurationError]]] = {
    "template missing": (
        client_error("NotFoundException", "Template x does not exist", 404),
        ConfigurationError,
    ),
    "default set missing": (
        client_error("BadRequestException", "Configuration set <x> does not exist."),
        ConfigurationError,
    ),
    "permission": (
        client_error("AccessDeniedException", "not authorized", 403),
        ConfigurationError,
    ),
    "wrong key": (client_error("UnrecognizedClientException", "invalid", 403), CredentialsError),
    "no key": (NoCredentialsError(), CredentialsError),
}


@pytest.mark.parametrize(("error", "raised"), CONFIGURATION.values(), ids=CONFIGURATION)
def test_error_of_the_configuration_names_its_exception(
    error: Exception, raised: type[ConfigurationError]
) -> None:
    assert classify_error(error).raises is raised


def test_every_error_of_the_service_model_is_in_the_table() -> None:
    codes = {shape.error_code for shape in SES_MODEL.error_shapes}

    assert codes <= set(ERROR_CODES)


def test_every_bulk_status_of_the_service_model_is_in_the_table() -> None:
    statuses = SES_MODEL.shape_for("BulkEmailStatus").enum

    assert set(statuses) == set(BULK_STATUSES)


# botocore keeps its lists of codes private.
RETRIED_BY_THE_SDK: set[str] = {
    *vars(TransientRetryableChecker)["_TRANSIENT_ERROR_CODES"],
    *vars(ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"],
}


@pytest.mark.parametrize("code", sorted(RETRIED_BY_THE_SDK))
def test_code_that_the_sdk_retries_is_not_permanent(code: str) -> None:
    result = classify_error(client_error(code))

    assert result.state is SendState.FAILED
    assert result.retry is not RetryHint.NO
