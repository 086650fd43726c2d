"""ServiceError: why a call of the API failed, and what helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.errors import CommandError, ExitCode

if TYPE_CHECKING:
    from amsdal_mail.cli.signed_http import Call, NoResponseError

__all__ = ["DEPLOY", "KEY_HEADER", "ServiceError", "no_response", "refusal"]

KEY_HEADER = "Idempotency-Key"
DEPLOY = "The stage may run another version than this program: deploy it again."
UNKNOWN_ROUTE = frozenset({"Not Found", "Route not found."})
"""The words of API Gateway, and of the function, for a route that they do not have."""
EXPIRED = "is expired"
"""API Gateway's words about a session token. Its status is that of any refusal."""
LOGIN = "Sign in again, for example: aws sso login"
WITH_KEY = "Try again with --key {key}: then nothing is sent twice."
CURES: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Put a valid JWT into AMSDAL_MAIL_TOKEN, if the API takes tokens.",
    HTTPStatus.FORBIDDEN: "Your credentials need execute-api:Invoke for {method} {path} of the API"
    " {api}; with a JWT, the scope of the route.",
    HTTPStatus.TOO_MANY_REQUESTS: "The API throttled the call. Try again later.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The log of the send function says more.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Try again.",
}


class ServiceError(CommandError):
    """The API refused a call, or did not answer. Then `status` is None."""

    def __init__(
        self,
        status: int | None,
        message: str,
        detail: Sequence[Mapping[str, str]] = (),
        email_id: str | None = None,
        cure: str = "",
    ) -> None:
        super().__init__(message, cure)
        self.status = status
        self.detail = tuple(detail)
        self.email_id = email_id
        is_input = status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
        self.exit_code = ExitCode.USAGE if is_input else ExitCode.FAILED

    def document(self) -> dict[str, Any]:
        """Return what `--json` writes to standard error."""
        return {
            **super().document(),
            "status": self.status,
            "detail": [dict(each) for each in self.detail],
            "email_id": self.email_id,
        }


def refusal(call: Call, status: int, document: Mapping[str, Any], api: str) -> ServiceError:
    """Return the error for a response. `document` is its body, `api` the id of the API."""
    own_words = document.get("message") or document.get("Message")
    message = str(own_words or f"The API answered {status}.")
    detail = document.get("detail")
    fields = [each for each in detail if isinstance(each, dict)] if isinstance(detail, list) else []
    rules = "; ".join(f"{each.get('field')} {each.get('rule')}" for each in fields)
    email_id = document.get("email_id")
    key = call.headers.get(KEY_HEADER)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and key:
        email_id = key
    return ServiceError(
        status,
        f"{message.rstrip('.')}: {rules}" if rules else message,
        fields,
        email_id,
        _cure(call, status, message, api),
    )


def no_response(error: NoResponseError, call: Call) -> ServiceError:
    """Return the error for a call that got no response."""
    key = call.headers.get(KEY_HEADER)
    unknown = "" if call.method == "GET" else " It is not known whether the call had its effect."
    return ServiceError(
        None,
        f"The API did not answer: {str(error).rstrip('.')}.{unknown}",
        email_id=key,
        cure=WITH_KEY.format(key=key) if key else "Check the network, and try again.",
    )


def _cure(call: Call, status: int, message: str, api: str) -> str:
    key = call.headers.get(KEY_HEADER)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and key:
        return WITH_KEY.format(key=key)
    if message in UNKNOWN_ROUTE:
        return DEPLOY
    if EXPIRED in message:
        return LOGIN
    return CURES.get(status, "").format(method=call.method, path=call.path, api=api)
