"""The HTTP API. Each route reads the request, makes one call and returns the response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.stream import Stream
from email_store.claims import ClaimStatus
from send_email.api.content_routes import ContentRoutes
from send_email.api.erase_routes import EraseRoutes
from send_email.api.errors import (
    ErrorHandlers,
    NoTimeLeftError,
    SendFailedError,
    error_response,
)
from send_email.api.metric_routes import MetricRoutes
from send_email.api.requests import (
    HttpRequest,
    RequestError,
    location_of_emails,
    response_deadline,
)
from send_email.api.responses import (
    Headers,
    batch_response,
    email_response,
    http_status,
    json_response,
    send_response,
)
from send_email.api.schedule_routes import ScheduleRoutes
from send_email.api.search_routes import SearchRoutes
from send_email.api.suppression_routes import SuppressionRoutes
from send_email.api.upload_routes import UploadRoutes
from send_email.sending.backoff import lease_delay
from send_email.sending.errors import ResultNotStoredError
from send_email.sending.hand_over import HandOverBudget
from send_email.sending.job import SendOutcome

if TYPE_CHECKING:
    from email_store.metrics import MetricsStore
    from send_email.contents.uploads import Uploads
    from send_email.sending.job import SendJob
    from send_email.sending.service import SendService
    from send_email.suppressions import Suppressions
    from send_email.telemetry import Telemetry

    Send = Callable[[SendJob], SendOutcome]
    Entry = SendJob | InvalidMessageError

__all__ = ["build_api"]

ADDRESS_LIMIT = 320
"""Characters of an address that SES accepts."""
BATCH_THREADS = 10
"""Emails of one batch that are sent at the same time."""


def build_api(
    service: SendService,
    build_suppressions: Callable[[], Suppressions],
    build_uploads: Callable[[], Uploads],
    build_metrics: Callable[[], MetricsStore],
    scope_prefix: Callable[[], str],
    telemetry: Telemetry,
) -> APIGatewayHttpResolver:
    """Return the API: a router for each topic, and the exception handlers."""
    app = APIGatewayHttpResolver()
    emails = EmailRoutes(service, telemetry)
    app.include_router(emails)
    app.include_router(ContentRoutes(service, emails.send_job, emails.respond, scope_prefix))
    app.include_router(ScheduleRoutes(service.schedules, telemetry))
    app.include_router(SearchRoutes(service.store, service.clock))
    app.include_router(SuppressionRoutes(build_suppressions))
    app.include_router(UploadRoutes(build_uploads))
    app.include_router(EraseRoutes(service, build_suppressions))
    app.include_router(MetricRoutes(build_metrics, service.clock))
    app.include_router(DescriptionRoutes(app))
    handlers = ErrorHandlers(telemetry)
    app.exception_handler(Exception)(handlers.respond)
    app.not_found(handlers.route_not_found)
    return app


class EmailRoutes(APIGatewayHttpRouter):
    """POST /emails, POST /emails/batch and GET /emails/{email_id}."""

    def __init__(self, service: SendService, telemetry: Telemetry) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._service = service
        self._telemetry = telemetry
        tags = ["emails"]
        self.post("/emails", summary="Send an email", tags=tags)(self.send_email)
        self.post("/emails/batch", summary="Send up to 100 emails", tags=tags)(self.send_batch)
        self.get("/emails/<email_id>", summary="Get an email", tags=tags)(self.get_email)

    def send_email(self) -> Response[str]:
        """Send one email. Errors are raised, and ErrorHandlers responds."""
        request = HttpRequest.from_event(self.current_event)
        job = request.job(_new_id, self._service.clock)
        return self.respond(self.send_job(request, job))

    def send_job(self, request: HttpRequest, job: SendJob) -> SendOutcome:
        """Send or queue one job.

        Raises:
            SendFailedError: with the id of the email, and the cause.
        """
        (result,) = self._send(request, [job])
        if isinstance(result, ResultNotStoredError):
            self._telemetry.record_error(result)
            return result.outcome
        if isinstance(result, Exception):
            raise SendFailedError(job.email_id, result) from result
        return result

    def respond(self, outcome: SendOutcome, **more: str) -> Response[str]:
        """Log and count the outcome, and return its response. `more` are fields of its document."""
        self._telemetry.record_outcome(outcome)
        status = http_status(outcome)
        location = location_of_emails(self.current_event.raw_event)
        headers = _headers(outcome, status, location, self._service.clock())
        document = send_response(outcome)
        is_error = "message" in document
        return json_response(status, document if is_error else {**document, **more}, headers)

    def send_batch(self) -> Response[str]:
        """Send the emails of a batch. An error is the result of its email alone."""
        request = HttpRequest.from_event(self.current_event)
        jobs = request.jobs(_new_id, self._service.clock)
        reported = [self._report(result) for result in self._send(request, jobs)]
        entries = [_entry(result, job) for result, job in zip(reported, jobs, strict=True)]
        return json_response(HTTPStatus.OK, batch_response(entries))

    def get_email(self, email_id: str) -> Response[str]:
        """Return an email with its recipients and its timeline."""
        query = self.current_event.query_string_parameters or {}
        # API Gateway may read a plus as a space, as HTML forms do. No address has a space.
        after = query.get("recipients_after", "").replace(" ", "+")[:ADDRESS_LIMIT]
        store = self._service.store
        is_id = EMAIL_ID.fullmatch(email_id)
        view = store.load(email_id, recipients_after=after) if is_id else None
        if view is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "Email not found.")
        return json_response(HTTPStatus.OK, email_response(view, self._service.clock()))

    def _send(self, request: HttpRequest, jobs: Sequence[Entry]) -> list[SendOutcome | Exception]:
        """Send or queue the jobs. Return a result for each when the response is due."""
        now = self._service.clock()
        remaining = self.lambda_context.get_remaining_time_in_millis()
        deadline = response_deadline(self.current_event, now, remaining)

        def send(job: SendJob) -> SendOutcome:
            if request.prefers_async or job.stream is Stream.BULK:
                return self._service.enqueue(job)
            return self._service.send(job, deadline)

        seconds = (deadline - now).total_seconds()
        budget = HandOverBudget(seconds)
        return _run_until(seconds, partial(_try, self._service, deadline, send, budget), jobs)

    def _report(self, result: SendOutcome | Exception) -> SendOutcome | Exception:
        """Log and count the result. A result that could not be stored counts as success."""
        if isinstance(result, Exception):
            self._telemetry.record_error(result)
        outcome = result.outcome if isinstance(result, ResultNotStoredError) else result
        if isinstance(outcome, SendOutcome):
            self._telemetry.record_outcome(outcome)
        return outcome


class DescriptionRoutes(APIGatewayHttpRouter):
    """GET /openapi.json and GET /docs.

    The module behind them is imported at the first request: that takes longer than sending.
    """

    def __init__(self, app: APIGatewayHttpResolver) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._app = app
        self.get("/openapi.json", include_in_schema=False)(self.get_description)
        self.get("/docs", include_in_schema=False)(self.get_page)

    def get_description(self) -> Response[str]:
        """Return the OpenAPI document."""
        from send_email.api.openapi import describe

        return json_response(HTTPStatus.OK, describe(self._app))

    def get_page(self) -> Response[str]:
        """Return a page that shows the OpenAPI document."""
        from send_email.api.openapi import describe, page

        return Response(HTTPStatus.OK, "text/html; charset=utf-8", page(describe(self._app)))


def _run_until(
    seconds: float, send: Callable[[Entry], SendOutcome | Exception], entries: Sequence[Entry]
) -> list[SendOutcome | Exception]:
    """Send the entries in threads. `send` must not raise.

    After `seconds`, the result of an unfinished entry is a NoTimeLeftError. Lambda freezes its
    thread. A thread that goes on in a later invocation is late for each deadline, so that it
    begins no call to SES.
    """
    pool = ThreadPoolExecutor(min(BATCH_THREADS, len(entries)), "email")
    futures = [pool.submit(send, entry) for entry in entries]
    done, _ = wait(futures, timeout=max(0.0, seconds))
    pool.shutdown(wait=False, cancel_futures=True)
    return [future.result() if future in done else NoTimeLeftError() for future in futures]


def _try(
    service: SendService, deadline: datetime, send: Send, budget: HandOverBudget, entry: Entry
) -> SendOutcome | Exception:
    if isinstance(entry, InvalidMessageError):
        return entry
    try:
        job = service.accept(entry)
        if not job.is_one_call:
            budget.require(job)
        with service.room(deadline) if job.has_files else nullcontext():
            return send(job)
    except Exception as error:  # noqa: BLE001 - it is logged and becomes the email's response
        return error


def _entry(result: SendOutcome | Exception, job: Entry) -> dict[str, Any]:
    if isinstance(result, SendOutcome):
        return {"status": http_status(result), **send_response(result)}
    email_id = None if isinstance(job, InvalidMessageError) else job.email_id
    status, document = error_response(result, email_id)
    return {"status": status, **document}


def _headers(outcome: SendOutcome, status: HTTPStatus, location: str, now: datetime) -> Headers:
    if outcome.claim is ClaimStatus.BUSY:
        return {"Retry-After": str(lease_delay(outcome.lease_expires_at, now))}
    headers: Headers = {}
    if outcome.is_replay:
        headers["Idempotency-Replayed"] = "true"
    if status is HTTPStatus.ACCEPTED:
        headers["Location"] = f"{location}/{outcome.email_id}"
    return headers


def _new_id() -> str:
    return uuid4().hex
