"""One table: the HTTP status of every error that a request can end with."""

from __future__ import annotations

from http import HTTPStatus

from amsdal_mail.exceptions import InvalidMessageError, MalformedJSONError
from email_store.store import StoreError
from send_email.answers import ErrorAnswer, error_answer
from send_email.requests import RequestError
from send_email.send_queue import MessageTooLargeError, QueueError

__all__ = ["REQUEST_ERRORS", "answer_to"]

UNAVAILABLE = "try again later, with the same key"
REQUEST_ERRORS = (
    InvalidMessageError,
    MessageTooLargeError,
    QueueError,
    RequestError,
    StoreError,
)


def answer_to(error: Exception) -> tuple[HTTPStatus, ErrorAnswer]:
    """Write the answer to a request that ended with one of REQUEST_ERRORS."""
    match error:
        case MalformedJSONError():
            return HTTPStatus.BAD_REQUEST, error_answer("the body is no JSON", error.errors)
        case InvalidMessageError():
            message = "the request breaks rules"
            return HTTPStatus.UNPROCESSABLE_ENTITY, error_answer(message, error.errors)
        case MessageTooLargeError():
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error_answer(str(error))
        case RequestError():
            return error.status, error_answer(str(error))
        case StoreError() | QueueError():
            # The text is AWS's and names resources: it belongs into logs only.
            return HTTPStatus.SERVICE_UNAVAILABLE, error_answer(UNAVAILABLE)
    raise error
