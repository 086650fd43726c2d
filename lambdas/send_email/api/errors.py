"""One table: the HTTP status of every error that a request can end with."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from amsdal_mail.exceptions import FieldError, InvalidMessageError, MalformedJSONError
from email_store.store import RecordTooLargeError, StoreError
from send_email.api.requests import RequestError
from send_email.api.responses import ErrorResponse, error_document
from send_email.queue.send_queue import MessageTooLargeError, QueueError
from send_email.suppressions import SESSuppressionError

__all__ = ["INVALID_EMAIL_ERRORS", "REQUEST_ERRORS", "error_response", "broken_rules"]

UNAVAILABLE = "try again later, with the same key; without one, with the email_id as key"
UNFORESEEN = "an error nobody foresaw: the service's log tells which"
INVALID_EMAIL_ERRORS = (InvalidMessageError, MessageTooLargeError, RecordTooLargeError)
"""Errors that sending the same email again cannot mend."""
REQUEST_ERRORS = (*INVALID_EMAIL_ERRORS, QueueError, RequestError, SESSuppressionError, StoreError)
"""Every foreseen end of a request but its success."""
TOO_LARGE = "has more, bodies and attachments apart, than a record in the table can hold"


def error_response(
    error: Exception, email_id: str | None = None
) -> tuple[HTTPStatus, ErrorResponse]:
    """Write the answer to a request that ended so; the text of an unforeseen error is left out.

    With the `email_id` the same request can be made again, if it had no key of its own too.
    """
    status, answer = _error_response(error)
    if email_id and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        answer["email_id"] = email_id
    return status, answer


def _error_response(error: Exception) -> tuple[HTTPStatus, ErrorResponse]:
    match error:
        case MalformedJSONError():
            return HTTPStatus.BAD_REQUEST, error_document("the body is no JSON", error.errors)
        case InvalidMessageError() | RecordTooLargeError():
            message = "the request breaks rules"
            return HTTPStatus.UNPROCESSABLE_ENTITY, error_document(message, broken_rules(error))
        case MessageTooLargeError():
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error_document(str(error))
        case RequestError():
            return error.status, error_document(str(error))
        case StoreError() | QueueError() | SESSuppressionError():
            # The text is AWS's and names resources: it belongs into logs only.
            return HTTPStatus.SERVICE_UNAVAILABLE, error_document(UNAVAILABLE)
    return HTTPStatus.INTERNAL_SERVER_ERROR, error_document(UNFORESEEN)


def broken_rules(error: Exception) -> Sequence[FieldError]:
    """Name the rules that an email breaks; `error` is one of INVALID_EMAIL_ERRORS."""
    match error:
        case InvalidMessageError():
            return error.errors
        case MessageTooLargeError():
            return [FieldError("(body)", str(error))]
        case RecordTooLargeError():
            # The text is AWS's.
            return [FieldError("(body)", TOO_LARGE)]
    raise error
