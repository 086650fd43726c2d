"""Service: the HTTP API of a stage, as methods that return its JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from amsdal_mail.cli.errors import UsageError
from amsdal_mail.cli.service_errors import (
    DEPLOY,
    KEY_HEADER,
    ServiceError,
    no_response,
    refusal,
)
from amsdal_mail.cli.signed_http import Call, HttpResponse, NoResponseError, SignedHttp
from amsdal_mail.email_id import EMAIL_ID, EMAIL_ID_RULE

if TYPE_CHECKING:
    from amsdal_mail.cli.signed_http import Transport
    from amsdal_mail.cli.stage import Stage

__all__ = ["PAGE_LIMIT", "Service", "ServiceError"]

JSON: TypeAlias = dict[str, Any]
Filters: TypeAlias = Mapping[str, str | int | None]

PAGE_LIMIT = 100
"""The most emails of one call."""
ATTEMPTS = 3
LONGEST_WAIT_SECONDS = 5.0
TEMPORARY = frozenset({429, 500, 502, 503, 504})
IDEMPOTENT = frozenset({"GET", "DELETE"})
SENT = frozenset({"email_id", "state", "is_success", "recipients"})
UPLOAD = frozenset({"upload_id", "method", "url", "headers"})
PAGE = frozenset({"emails", "next_cursor", "searched"})
EMAIL = frozenset(
    {"email_id", "state", "counts", "email", "recipients", "recipients_next", "timeline"}
)
CONTENT = frozenset({"message", "attachments"})
METRICS = frozenset({"totals", "days", "streams", "tags", "templates", "domains"})


class Service:
    """The HTTP API of a stage. All methods raise ServiceError, and UsageError for an invalid id.

    A call that can be repeated without harm is tried three times: after a throttle, an error of
    the server, or no response.
    """

    def __init__(
        self,
        stage: Stage,
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stage = stage
        self._transport = transport or SignedHttp(stage)
        self._sleep = sleep

    def send(self, request: Mapping[str, Any], key: str) -> JSON:
        """Send an email. The result may say that each recipient was refused (`is_success`).

        `key` is the idempotency key: the call is repeated without sending twice.
        """
        return self._call("POST", "/emails", SENT, body=request, key=key)

    def upload(self, content: bytes, mimetype: str) -> str:
        """Put a file into the bucket of the service; return its upload_id."""
        request = {"size": len(content), "mimetype": mimetype}
        upload = self._call("POST", "/uploads", UPLOAD, body=request)
        self._file(upload["method"], upload["url"], upload["headers"], content)
        return str(upload["upload_id"])

    def download(self, url: str) -> bytes:
        """Return a file of the kept content, by the URL that `content` has for it."""
        return self._file("GET", url, {}, None)

    def find(self, filters: Filters) -> JSON:
        """Return a page of emails, the newest first. A page may have none, and still a next."""
        return self._call("GET", "/emails", PAGE, query=filters)

    def find_pages(self, filters: Filters, limit: int) -> Iterator[JSON]:
        """Yield pages until they have `limit` emails in all. The last is cut to that number."""
        cursor = filters.get("cursor")
        while limit > 0:
            size = min(limit, PAGE_LIMIT)
            page = self.find({**filters, "cursor": cursor, "limit": size})
            page["emails"] = page["emails"][:limit]
            limit -= len(page["emails"])
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def show(self, email_id: str, recipients_after: str | None = None) -> JSON:
        """Return an email with its recipients and its timeline."""
        query = {"recipients_after": recipients_after}
        return self._call("GET", _email_path(email_id), EMAIL, query=query)

    def content(self, email_id: str) -> JSON:
        """Return the kept content of an email. 409 when nothing was kept."""
        return self._call("GET", _email_path(email_id, "/content"), CONTENT)

    def resend(self, email_id: str, body: Mapping[str, Any], key: str) -> JSON:
        """Send the kept content of an email again, as a new email."""
        return self._call("POST", _email_path(email_id, "/resend"), SENT, body=body, key=key)

    def cancel(self, email_id: str) -> JSON:
        """Stop an email that waits, and return it. 409 when it is too late."""
        return self._call("POST", _email_path(email_id, "/cancel"), EMAIL, body={})

    def reschedule(self, email_id: str, send_at: str) -> JSON:
        """Give an email that waits another time, and return it. 409 when it is too late."""
        return self._call("PATCH", _email_path(email_id), EMAIL, body={"send_at": send_at})

    def suppressions(
        self, list_name: str = "service", limit: int = 50, cursor: str | None = None
    ) -> JSON:
        """Return a page of the suppression list: `service`, or `ses` for SES's of the account."""
        query: Filters = {"list": list_name, "limit": limit, "cursor": cursor}
        return self._call("GET", "/suppressions", {"suppressions", "next_cursor"}, query=query)

    def suppression(self, address: str) -> JSON:
        """Return why an address gets no more mail. 404 when it is on no list."""
        needs = {"address", "ours", "ses"}
        return self._call("GET", "/suppressions", needs, query={"address": address})

    def unsuppress(self, address: str) -> None:
        """Take an address off both lists. 404 when it is on none."""
        self._call("DELETE", "/suppressions", (), query={"address": address})

    def erase(self, address: str) -> JSON:
        """Erase what is stored of a person, as far as one call goes: see `is_complete`."""
        needs = {"erased", "is_complete"}
        return self._call("DELETE", "/recipients", needs, query={"address": address})

    def metrics(self, filters: Filters) -> JSON:
        """Return the numbers of the days, streams, tags, templates and domains."""
        return self._call("GET", "/metrics", METRICS, query=filters)

    def _call(
        self,
        method: str,
        path: str,
        needs: Collection[str],
        *,
        query: Filters | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> JSON:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            if not EMAIL_ID.fullmatch(key):
                raise UsageError(f"The idempotency key {EMAIL_ID_RULE}.")
            headers[KEY_HEADER] = key
        call = Call(
            method,
            path,
            {name: value for name, value in (query or {}).items() if value is not None},
            headers,
            None if body is None else json.dumps(body).encode(),
        )
        response = self._repeat(call, is_repeatable=method in IDEMPOTENT or key is not None)
        document = _document(response)
        is_refusal = response.status >= HTTPStatus.BAD_REQUEST
        if is_refusal and "recipients" not in document:
            raise refusal(call, response.status, document, self._stage.outputs.get("ApiId", ""))
        if missing := sorted(set(needs) - document.keys()):
            message = f"The API answered {response.status} without {', '.join(missing)}."
            raise ServiceError(response.status, message, cure=DEPLOY)
        return document

    def _file(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        try:
            response = self._transport.plain(method, url, headers, body)
        except NoResponseError as error:
            raise ServiceError(None, f"S3 did not answer: {error}.", cure="Try again.") from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise ServiceError(response.status, f"S3 refused the file: {response.status}.")
        return response.body

    def _repeat(self, call: Call, *, is_repeatable: bool) -> HttpResponse:
        for attempt in range(1, ATTEMPTS + 1):
            wait = 0.5 * 2 ** (attempt - 1)
            is_last = attempt == ATTEMPTS
            try:
                response = self._transport(call)
            except NoResponseError as error:
                if is_last or not is_repeatable:
                    raise no_response(error, call) from error
            else:
                is_throttled = response.status == HTTPStatus.TOO_MANY_REQUESTS
                again = response.status in TEMPORARY and (is_repeatable or is_throttled)
                if is_last or not again:
                    return response
                wait = max(wait, _seconds(response.headers.get("retry-after", "")))
            self._sleep(min(wait, LONGEST_WAIT_SECONDS))
        raise AssertionError("the last attempt returns or raises")


def _email_path(email_id: str, rest: str = "") -> str:
    if not EMAIL_ID.fullmatch(email_id):
        raise UsageError(f"The id of an email {EMAIL_ID_RULE}.")
    return f"/emails/{quote(email_id, safe='')}{rest}"


def _document(response: HttpResponse) -> JSON:
    """Return the JSON object of the response; {} for no body."""
    try:
        document = json.loads(response.body or b"{}")
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    if response.status >= HTTPStatus.BAD_REQUEST:
        return {"message": f"The API answered {response.status} without an explanation."}
    message = f"The API answered {response.status} without a JSON object."
    raise ServiceError(response.status, message)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0
