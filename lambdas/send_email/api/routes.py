"""The HTTP API: each route reads the request, makes one call and writes the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from amsdal_mail.email_id import is_email_id
from amsdal_mail.exceptions import InvalidMessageError
from email_store.claims import ClaimStatus
from email_store.store import EmailStore
from send_email.api.errors import error_response
from send_email.api.requests import HttpRequest, RequestError
from send_email.api.responses import batch_response, email_response, http_status, send_response
from send_email.api.suppression_routes import add_suppressions
from send_email.sending.backoff import delay_until
from send_email.sending.job import SendJob
from send_email.sending.outcome import SendOutcome
from send_email.sending.service import ResultNotStoredError, SendService
from send_email.suppressions import Suppressions
from send_email.telemetry import Telemetry

__all__ = ["build_api"]

CONCURRENCY = 10
"""Emails of one batch that are sent at the same time."""
RETRY_AFTER_SECONDS = "5"

Headers = dict[str, str | list[str]]
Send = Callable[[SendJob], SendOutcome]


def build_api(
    service: SendService, lists: Callable[[], Suppressions], telemetry: Telemetry
) -> APIGatewayHttpResolver:
    """Make the API over a service and the suppression lists."""
    app = APIGatewayHttpResolver()
    _add_sending(app, service, telemetry)
    _add_reading(app, service.store)
    add_suppressions(app, lists)
    _add_description(app)
    _add_errors(app, telemetry)
    return app


def _add_sending(app: APIGatewayHttpResolver, service: SendService, telemetry: Telemetry) -> None:
    def sending(request: HttpRequest) -> Send:
        if request.prefers_async:
            return service.enqueue
        remaining = app.lambda_context.get_remaining_time_in_millis()
        return partial(service.send, deadline=service.deadline(remaining))

    @app.post("/emails", summary="Send an email", tags=["emails"])
    def send_email() -> Response[str]:
        request = HttpRequest.of(app.current_event)
        job = request.job(_new_id)
        outcome = _told(telemetry, _attempt(sending(request), job))
        if isinstance(outcome, Exception):
            return _failure(outcome, job.email_id)
        return _json(
            http_status(outcome), send_response(outcome), _headers(outcome, service.clock())
        )

    @app.post("/emails/batch", summary="Send up to 100 emails", tags=["emails"])
    def send_batch() -> Response[str]:
        request = HttpRequest.of(app.current_event)
        send, jobs = sending(request), request.jobs(_new_id)
        with ThreadPoolExecutor(CONCURRENCY, "email") as pool:
            attempts = list(pool.map(partial(_attempt, send), jobs))
        outcomes = [_told(telemetry, one) for one in attempts]
        entries = list(map(_entry, outcomes, jobs))
        return _json(HTTPStatus.OK, batch_response(entries))


def _add_reading(app: APIGatewayHttpResolver, store: EmailStore) -> None:
    @app.get("/emails/<email_id>", summary="What became of an email", tags=["emails"])
    def get_email(email_id: str) -> Response[str]:
        found = store.load(email_id) if is_email_id(email_id) else None
        if found is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "there is no such email")
        return _json(HTTPStatus.OK, email_response(found))


def _add_description(app: APIGatewayHttpResolver) -> None:
    # What describes the API is imported only when somebody asks: it takes longer than sending.
    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response[str]:
        from send_email.api.openapi import description

        return _json(HTTPStatus.OK, description(app))

    @app.get("/docs", include_in_schema=False)
    def docs() -> Response[str]:
        from send_email.api.openapi import description, page

        return Response(HTTPStatus.OK, "text/html; charset=utf-8", page(description(app)))


def _add_errors(app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
    def failed(error: Exception) -> Response[str]:
        telemetry.record_error(error)
        return _failure(error)

    def no_route(_error: NotFoundError) -> Response[str]:
        return failed(RequestError(HTTPStatus.NOT_FOUND, "there is no such route"))

    # An unforeseen one too: Lambda would write its text into the log, with whatever it quotes.
    app.exception_handler(Exception)(failed)
    app.not_found(no_route)


def _attempt(send: Send, entry: SendJob | InvalidMessageError) -> SendOutcome | Exception:
    if isinstance(entry, InvalidMessageError):
        return entry
    try:
        return send(entry)
    except Exception as error:  # noqa: BLE001 - told and answered like an email's alone
        return error


def _told(telemetry: Telemetry, attempt: SendOutcome | Exception) -> SendOutcome | Exception:
    """Log and count the attempt; what only the table missed is as good as noted."""
    if isinstance(attempt, Exception):
        telemetry.record_error(attempt)
    outcome = attempt.outcome if isinstance(attempt, ResultNotStoredError) else attempt
    if isinstance(outcome, SendOutcome):
        telemetry.record_outcome(outcome)
    return outcome


def _entry(outcome: SendOutcome | Exception, job: SendJob | InvalidMessageError) -> dict[str, Any]:
    if isinstance(outcome, SendOutcome):
        return {"status": http_status(outcome), **send_response(outcome)}
    email_id = None if isinstance(job, InvalidMessageError) else job.email_id
    status, answer = error_response(outcome, email_id)
    return {"status": status, **answer}


def _failure(error: Exception, email_id: str | None = None) -> Response[str]:
    status, answer = error_response(error, email_id)
    is_passing = status is HTTPStatus.SERVICE_UNAVAILABLE
    return _json(status, answer, {"Retry-After": RETRY_AFTER_SECONDS} if is_passing else {})


def _headers(outcome: SendOutcome, now: datetime) -> Headers:
    headers: Headers = {}
    if outcome.claim is ClaimStatus.BUSY:
        return {"Retry-After": str(delay_until(outcome.lease_expires_at, now))}
    if outcome.is_replay:
        headers["Idempotency-Replayed"] = "true"
    if http_status(outcome) is HTTPStatus.ACCEPTED:
        headers["Location"] = f"/emails/{outcome.email_id}"
    return headers


def _json(
    status: HTTPStatus, document: Mapping[str, Any], headers: Headers | None = None
) -> Response[str]:
    body = json.dumps(document, separators=(",", ":"))
    return Response(status, "application/json", body, headers or {})


def _new_id() -> str:
    return uuid4().hex
