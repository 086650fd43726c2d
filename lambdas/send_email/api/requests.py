"""Reads the HTTP requests of API Gateway: route, time, body, idempotency key and preference.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from pydantic_core import from_json

from amsdal_mail.email_id import EMAIL_ID, EMAIL_ID_RULE
from amsdal_mail.exceptions import FieldError, InvalidMessageError, MalformedJSONError
from amsdal_mail.message.email import EmailRequest
from send_email.sending.errors import ExpectedError
from send_email.sending.job import SendJob
from send_email.sending.timeouts import API_SECONDS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

__all__ = [
    "BATCH_LIMIT",
    "READ_CONTENT",
    "HttpRequest",
    "RequestError",
    "location_of_emails",
    "response_deadline",
    "token_scopes",
    "with_path_of_route",
]

BATCH_LIMIT = 100
KEY_HEADER = "Idempotency-Key"
JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
PATH_PARAMETER = re.compile(r"{(\w+)}")
EMAILS_PATH = "/emails"
READ_CONTENT = "mail:content"
"""The scope of a token whose owner may read messages, without the prefix of the stage."""
LONGEST_START = timedelta(seconds=15)
"""How long a cold start may take. The time of an older event is not believed.

Lambda gives the init phase 10 seconds:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""
MARGIN = timedelta(milliseconds=500)
"""The time to write the response before Lambda stops the function."""

Json = dict[str, Any]
NewId = Callable[[], str]
Clock = Callable[[], datetime]


class RequestError(ExpectedError):
    """A request that gets the HTTP status `status`."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def with_path_of_route(event: Json) -> Json:
    """Return the event with the path of its route, and its parameters encoded in this path.

    `rawPath` is not the path that the client sent: an HTTP API decodes it, ends it at an encoded
    question mark, and puts the mapping key of a custom domain before it. The route key and the path
    parameters do not depend on these. The event of another sender than API Gateway may have no
    route key: it keeps its path.
    """
    _, _, route = str(event.get("routeKey", "")).partition(" ")
    if not route.startswith("/") or "+}" in route:
        return event
    values = event.get("pathParameters") or {}
    path = PATH_PARAMETER.sub(lambda name: quote(values.get(name[1], ""), safe=""), route)
    stage = event["requestContext"].get("stage", "$default")
    # Powertools takes the name of the stage away from the beginning of the path.
    return {**event, "rawPath": path if stage == "$default" else f"/{stage}{path}"}


def location_of_emails(event: Json) -> str:
    """Return the path of the emails as the client knows it, with a mapping key before it."""
    path = str(event["requestContext"]["http"].get("path", "")).rstrip("/")
    return path if path.endswith(EMAILS_PATH) else EMAILS_PATH


def token_scopes(event: Json) -> frozenset[str] | None:
    """Return the scopes of the caller's JWT. Return None for a caller without a JWT.

    They are in the claim `scope`, or `scp` of other issuers. API Gateway writes a list as text:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    if "jwt" not in authorizer:
        return None
    claims = (authorizer["jwt"] or {}).get("claims") or {}
    words = f"{claims.get('scope', '')} {claims.get('scp', '')}"
    return frozenset(re.findall(r"[^\s\[\],]+", words))


def response_deadline(
    event: APIGatewayProxyEventV2, now: datetime, remaining_milliseconds: int
) -> datetime:
    """Return when the response is due.

    API Gateway's 30 seconds begin when the request arrives, before a cold start of the function.
    """
    epoch_milliseconds = event["requestContext"].get("timeEpoch") or 0
    arrived = datetime.fromtimestamp(epoch_milliseconds / 1000, UTC)
    start = arrived if now - LONGEST_START <= arrived <= now else now
    stopped = now + timedelta(milliseconds=remaining_milliseconds)
    return min(start + timedelta(seconds=API_SECONDS), stopped - MARGIN)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to send. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def from_event(cls, event: APIGatewayProxyEventV2) -> Self:
        """Read API Gateway's event.

        Raises:
            RequestError: the event says that the body is base64, and it is not.
        """
        headers = {name.lower(): value for name, value in event.headers.items()}
        body = event.body or ""
        if not event.is_base64_encoded:
            return cls(headers, body.encode(errors="surrogatepass"))
        try:
            return cls(headers, b64decode(body, validate=True))
        except ValueError as error:
            message = "The body is not valid base64."
            raise RequestError(HTTPStatus.BAD_REQUEST, message) from error

    @property
    def prefers_async(self) -> bool:
        """True when the response may come before the email is sent (RFC 7240)."""
        preferences = re.split(r"[,;]", self.headers.get("prefer", ""))
        return "respond-async" in (preference.strip().lower() for preference in preferences)

    @property
    def key(self) -> str | None:
        """The Idempotency-Key header, with or without quotes.

        The IETF's draft has a quoted string; most clients leave the quotes out.
        https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
        """
        value = self.headers.get(KEY_HEADER.lower())
        if value is None:
            return None
        key = value.strip().removeprefix('"').removesuffix('"')
        if not EMAIL_ID.fullmatch(key):
            raise InvalidMessageError.for_field(KEY_HEADER, EMAIL_ID_RULE)
        return key

    def job(self, new_id: NewId, clock: Clock) -> SendJob:
        """Read one email.

        Raises:
            RequestError: the content type is not JSON.
            InvalidMessageError: names every invalid field.
        """
        return _read_job(self._json(), self.key, new_id, clock)

    def jobs(self, new_id: NewId, clock: Clock) -> list[SendJob | InvalidMessageError]:
        """Read up to 100 emails. An invalid email becomes an error in the list.

        The header's key makes a key for each email that has none: `<key>.<number from 1>`.

        Raises:
            RequestError, InvalidMessageError: the batch itself is invalid.
        """
        emails = _emails(self._json())
        keys = _numbered_keys(self.key, len(emails))
        pairs = zip(emails, keys, strict=True)
        return [_read_entry(email, key, new_id, clock) for email, key in pairs]

    def document(self) -> Any:
        """Read JSON.

        Raises:
            RequestError: the content type is not JSON.
            MalformedJSONError: the body is not valid JSON.
        """
        return _parse(self._json())

    def _json(self) -> bytes:
        if not JSON_TYPE.fullmatch(self.headers.get("content-type", "").strip()):
            message = "The content type must be application/json."
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
        return self.body


def _read_job(document: bytes, header_key: str | None, new_id: NewId, clock: Clock) -> SendJob:
    request = EmailRequest.from_json(document)
    key = request.idempotency_key
    if key and header_key and key != header_key:
        raise InvalidMessageError.for_field(
            "idempotency_key", f"differs from the header {KEY_HEADER}"
        )
    return SendJob.from_request(key or header_key or new_id(), request, clock)


def _parse(document: bytes) -> Any:
    try:
        return from_json(document)
    except ValueError as error:
        raise MalformedJSONError([FieldError("(body)", str(error))]) from error


def _emails(document: bytes) -> list[Any]:
    batch = _parse(document)
    if not isinstance(batch, dict) or set(batch) != {"emails"}:
        raise InvalidMessageError.for_field(
            "(body)", "must be an object with the single field emails"
        )
    emails = batch["emails"]
    if not isinstance(emails, list) or not 1 <= len(emails) <= BATCH_LIMIT:
        raise InvalidMessageError.for_field(
            "emails", f"must be a list of 1 to {BATCH_LIMIT} emails"
        )
    return emails


def _numbered_keys(key: str | None, count: int) -> list[str | None]:
    if key is None:
        return [None] * count
    if not EMAIL_ID.fullmatch(f"{key}.{count}"):
        rule = f"with the number of each email, .1 to .{count}, {EMAIL_ID_RULE}"
        raise InvalidMessageError.for_field(KEY_HEADER, rule)
    return [f"{key}.{number}" for number in range(1, count + 1)]


def _read_entry(
    entry: Any, header_key: str | None, new_id: NewId, clock: Clock
) -> SendJob | InvalidMessageError:
    has_key = isinstance(entry, dict) and entry.get("idempotency_key")
    try:
        document = json.dumps(entry).encode()
        return _read_job(document, None if has_key else header_key, new_id, clock)
    except InvalidMessageError as error:
        return error
