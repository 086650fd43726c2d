"""The errors of AWS's SDK in a line that says what helps."""

from __future__ import annotations

import re
from typing import Any

from botocore import exceptions as aws

from amsdal_mail.cli.errors import CommandError

__all__ = ["AWSError", "explain"]

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")
EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
UNKNOWN_KEYS = (
    "AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidSignatureException", "NotAuthorized", "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)  # fmt: skip
THROTTLED = (
    "RequestLimitExceeded",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
ACTION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")

SSO_ERRORS = (
    aws.SSOError, aws.SSOTokenLoadError, aws.UnauthorizedSSOTokenError, aws.TokenRetrievalError,
)  # fmt: skip
NETWORK_ERRORS = (aws.HTTPClientError, aws.ConnectionError)


class AWSError(CommandError):
    """A call to AWS failed. `code` is AWS's code of the error, "" when AWS did not answer."""

    def __init__(self, message: str, cure: str = "", *, code: str = "") -> None:
        super().__init__(message, cure)
        self.code = code

    def document(self) -> dict[str, Any]:
        """Return what `--json` writes to standard error."""
        return {**super().document(), "code": self.code or None}


def explain(error: Exception, profile: str | None = None) -> AWSError:
    """Return the error of botocore or boto3 as a message and a cure. Neither shows a key."""
    if isinstance(error, aws.ClientError):
        return _refused(error, profile)
    login = f"aws sso login --profile {profile}" if profile else "aws sso login"
    match error:
        case aws.ProfileNotFound():
            cure = "`aws configure list-profiles` shows those that there are."
            return AWSError(f"{_sentence(error)}.", cure)
        case aws.NoCredentialsError() | aws.PartialCredentialsError():
            cure = f"Name a profile with --profile, or sign in: {login}"
            return AWSError("AWS needs credentials, and none were found.", cure)
        case aws.NoRegionError():
            cure = "Name one: --region eu-west-1, or AWS_REGION, or `region` in the profile."
            return AWSError("No AWS region is set.", cure)
    if isinstance(error, SSO_ERRORS):
        return AWSError("The sign-in to AWS (SSO) is missing or has expired.", f"Sign in: {login}")
    if isinstance(error, aws.CredentialRetrievalError):
        return AWSError(f"{_sentence(error)}.", f"Sign in again, for example: {login}")
    if isinstance(error, NETWORK_ERRORS):
        cure = "Check the network, the proxy and the region."
        return AWSError(f"AWS does not answer: {_sentence(error)}.", cure)
    return AWSError(f"{_sentence(error)}.")


def _refused(error: aws.ClientError, profile: str | None) -> AWSError:
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), str(details.get("Message", ""))
    who = f" --profile {profile}" if profile else ""
    if code in DENIED:
        action = ACTION.search(text)
        name = action[1] if action else error.operation_name
        cure = f"Ask for the permission {name}, or choose another --profile."
        return AWSError(f"AWS denied access: {text or name}", cure, code=code)
    if code in EXPIRED:
        cure = f"Sign in again, for example: aws sso login{who}"
        return AWSError("The AWS credentials have expired.", cure, code=code)
    if code in UNKNOWN_KEYS:
        cure = f"Check them: aws sts get-caller-identity{who}"
        return AWSError("AWS does not know the credentials.", cure, code=code)
    if code in THROTTLED:
        return AWSError(
            f"AWS throttled the call {error.operation_name}.", "Try again later.", code=code
        )
    return AWSError(f"AWS refused {error.operation_name}: {text or code}", code=code)


def _sentence(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
