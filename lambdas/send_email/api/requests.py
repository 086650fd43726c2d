"""What an HTTP request asks for: its body, its key, its preference."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from pydantic_core import from_json

from amsdal_mail.email_id import EMAIL_ID_RULE, is_email_id
from amsdal_mail.exceptions import FieldError, InvalidMessageError, MalformedJSONError
from amsdal_mail.message.email import EmailRequest
from send_email.sending.job import SendJob

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

__all__ = ["BATCH_LIMIT", "HttpRequest", "RequestError"]

BATCH_LIMIT = 100
KEY_HEADER = "Idempotency-Key"
JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)

NewId = Callable[[], str]


class RequestError(Exception):
    """A request that cannot be carried out, with the HTTP status that says so."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to send. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, event: APIGatewayProxyEventV2) -> Self:
        """Read API Gateway's event.

        Raises:
            RequestError: the body is said to be base64, and is none.
        """
        headers = {name.lower(): value for name, value in event.headers.items()}
        body = event.body or ""
        if not event.is_base64_encoded:
            return cls(headers, body.encode(errors="surrogatepass"))
        try:
            return cls(headers, b64decode(body, validate=True))
        except ValueError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the body is no base64") from error

    @property
    def prefers_async(self) -> bool:
        """True when the answer may come before the email is sent (RFC 7240)."""
        wishes = re.split(r"[,;]", self.headers.get("prefer", ""))
        return "respond-async" in (wish.strip().lower() for wish in wishes)

    @property
    def key(self) -> str | None:
        """The Idempotency-Key header: a quoted string in the IETF's draft, bare in practice."""
        value = self.headers.get(KEY_HEADER.lower())
        if value is None:
            return None
        key = value.strip().removeprefix('"').removesuffix('"')
        if not is_email_id(key):
            raise InvalidMessageError.of(KEY_HEADER, EMAIL_ID_RULE)
        return key

    def job(self, new_id: NewId) -> SendJob:
        """Read one email.

        Raises:
            RequestError: the content is no JSON by its type.
            InvalidMessageError: naming every field that breaks a rule.
        """
        return _read_job(self._json(), self.key, new_id)

    def jobs(self, new_id: NewId) -> list[SendJob | InvalidMessageError]:
        """Read up to 100 emails, each valid or not on its own.

        The header's key, where there is one, makes a key for every email that has none of its own:
        `<key>.<number from 1>`.

        Raises:
            RequestError, InvalidMessageError: the batch itself cannot be read.
        """
        emails = _emails(self._json())
        keys = _numbered(self.key, len(emails))
        return [_entry(one, key, new_id) for one, key in zip(emails, keys, strict=True)]

    def _json(self) -> bytes:
        if not JSON_TYPE.fullmatch(self.headers.get("content-type", "").strip()):
            message = "the content type must be application/json"
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
        return self.body


def _read_job(document: bytes, key: str | None, new_id: NewId) -> SendJob:
    request = EmailRequest.from_json(document)
    own_key = request.idempotency_key
    if key and own_key and own_key != key:
        raise InvalidMessageError.of("idempotency_key", f"differs from the header {KEY_HEADER}")
    return SendJob.of(own_key or key or new_id(), request.message)


def _emails(document: bytes) -> list[Any]:
    try:
        batch = from_json(document)
    except ValueError as error:
        raise MalformedJSONError([FieldError("(body)", str(error))]) from error
    if not isinstance(batch, dict) or set(batch) != {"emails"}:
        raise InvalidMessageError.of("(body)", "must be an object with the one field emails")
    emails = batch["emails"]
    if not isinstance(emails, list) or not 1 <= len(emails) <= BATCH_LIMIT:
        raise InvalidMessageError.of("emails", f"must be a list of 1 to {BATCH_LIMIT} emails")
    return emails


def _numbered(key: str | None, count: int) -> list[str | None]:
    if key is None:
        return [None] * count
    if not is_email_id(f"{key}.{count}"):
        rule = (
            f"gets the number of each email behind it, .1 to .{count}: with that it {EMAIL_ID_RULE}"
        )
        raise InvalidMessageError.of(KEY_HEADER, rule)
    return [f"{key}.{number}" for number in range(1, count + 1)]


def _entry(entry: Any, key: str | None, new_id: NewId) -> SendJob | InvalidMessageError:
    own_key = entry.get("idempotency_key") if isinstance(entry, dict) else None
    try:
        return _read_job(json.dumps(entry).encode(), None if own_key else key, new_id)
    except InvalidMessageError as error:
        return error
