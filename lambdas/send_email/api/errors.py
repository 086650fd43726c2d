"""The HTTP status and text of each error that a request can end with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from amsdal_mail.exceptions import FieldError, InvalidMessageError, MalformedJSONError
from email_store.store import RecordTooLargeError, StoreError
from send_email.api.requests import RequestError
from send_email.api.responses import ErrorResponse, Headers, error_document, json_response
from send_email.sending.content_store import ContentMissingError, ContentStoreError
from send_email.sending.errors import (
    ExpectedError,
    MessageTooLargeError,
    NothingKeptError,
    QueueError,
    TooLateError,
    UnknownEmailError,
    email_field_errors,
)
from send_email.sending.heavy_emails import NoRoomError

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.event_handler.exceptions import NotFoundError

    from send_email.telemetry import Telemetry

__all__ = ["ErrorHandlers", "NoTimeLeftError", "SendFailedError", "error_response"]

RETRY_AFTER_SECONDS = "5"
UNAVAILABLE = (
    "Temporarily unavailable. Retry with the same Idempotency-Key, or with email_id as the key."
)
FILE_GONE = FieldError("attachments", "must name files that exist")
INTERNAL_ERROR = "Internal error. See the service log."


class NoTimeLeftError(ExpectedError):
    """The email was not finished when the response was due. The same request can be repeated."""


class SendFailedError(Exception):
    """Sending a valid email failed. A request with `email_id` as the key can be repeated."""

    def __init__(self, email_id: str, error: Exception) -> None:
        super().__init__(email_id)
        self.email_id = email_id
        self.error = error


class ErrorHandlers:
    """The exception handlers of the API."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def respond(self, error: Exception) -> Response[str]:
        """Log and count any exception of a route, and return its response.

        Otherwise Lambda would log the text of a bug, which may quote an email.
        """
        email_id = None
        if isinstance(error, SendFailedError):
            email_id, error = error.email_id, error.error
        self._telemetry.record_error(error)
        status, document = error_response(error, email_id)
        is_temporary = status is HTTPStatus.SERVICE_UNAVAILABLE
        headers: Headers = {"Retry-After": RETRY_AFTER_SECONDS} if is_temporary else {}
        return json_response(status, document, headers)

    def route_not_found(self, _error: NotFoundError) -> Response[str]:
        """Return the response to an unknown route."""
        return self.respond(RequestError(HTTPStatus.NOT_FOUND, "Route not found."))


def error_response(
    error: Exception, email_id: str | None = None
) -> tuple[HTTPStatus, ErrorResponse]:
    """Return the status and the document of an error. The text of a bug is left out.

    With `email_id`, a caller can repeat a request that had no key.
    """
    status, document = _error_response(error)
    if email_id and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        document["email_id"] = email_id
    return status, document


def _error_response(error: Exception) -> tuple[HTTPStatus, ErrorResponse]:
    from send_email.suppressions import SESSuppressionError

    match error:
        case MalformedJSONError():
            message = "The request body is not valid JSON."
            return HTTPStatus.BAD_REQUEST, error_document(message, error.errors)
        case InvalidMessageError() | RecordTooLargeError():
            document = error_document("The request is invalid.", email_field_errors(error))
            return HTTPStatus.UNPROCESSABLE_ENTITY, document
        case ContentMissingError():
            document = error_document("The request is invalid.", [FILE_GONE])
            return HTTPStatus.UNPROCESSABLE_ENTITY, document
        case MessageTooLargeError():
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error_document(str(error))
        case UnknownEmailError():
            return HTTPStatus.NOT_FOUND, error_document(str(error))
        case TooLateError() | NothingKeptError():
            return HTTPStatus.CONFLICT, error_document(str(error))
        case RequestError():
            return error.status, error_document(str(error))
        case (
            StoreError()
            | QueueError()
            | ContentStoreError()
            | NoRoomError()
            | SESSuppressionError()
            | NoTimeLeftError()
        ):
            # AWS's text names resources: it belongs only into logs.
            return HTTPStatus.SERVICE_UNAVAILABLE, error_document(UNAVAILABLE)
    return HTTPStatus.INTERNAL_SERVER_ERROR, error_document(INTERNAL_ERROR)
