"""The routes that change an email that waits: another time, or no time at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.moments import read_moment
from send_email.api.requests import HttpRequest
from send_email.api.responses import email_response, json_response
from send_email.sending.errors import UnknownEmailError

if TYPE_CHECKING:
    from send_email.sending.schedules import Schedules
    from send_email.telemetry import Telemetry

__all__ = ["ScheduleRoutes"]


class ScheduleRoutes(APIGatewayHttpRouter):
    """PATCH /emails/{email_id} and POST /emails/{email_id}/cancel.

    They run in the thread of the handler: Lambda does not freeze them between two calls to AWS.
    """

    def __init__(self, build_schedules: Callable[[], Schedules], telemetry: Telemetry) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._build_schedules = build_schedules
        self._telemetry = telemetry
        tags = ["emails"]
        self.patch("/emails/<email_id>", summary="Move a scheduled email", tags=tags)(self.move)
        self.post("/emails/<email_id>/cancel", summary="Cancel an email", tags=tags)(self.cancel)

    def move(self, email_id: str) -> Response[str]:
        """Give the email another time, and return it."""
        send_at = _send_at(HttpRequest.from_event(self.current_event).document())
        self._known(email_id).move(email_id, send_at)
        self._telemetry.record_change("EmailsMoved", email_id)
        return self._email(email_id)

    def cancel(self, email_id: str) -> Response[str]:
        """Stop the email, and return it."""
        self._known(email_id).cancel(email_id)
        self._telemetry.record_change("EmailsCanceled", email_id)
        return self._email(email_id)

    def _known(self, email_id: str) -> Schedules:
        if not EMAIL_ID.fullmatch(email_id):
            raise UnknownEmailError("Email not found.")
        return self._build_schedules()

    def _email(self, email_id: str) -> Response[str]:
        schedules = self._build_schedules()
        view = schedules.store.load(email_id)
        if view is None:
            raise UnknownEmailError("Email not found.")
        return json_response(HTTPStatus.OK, email_response(view, schedules.clock()))


def _send_at(document: object) -> datetime:
    if not isinstance(document, dict) or document.keys() != {"send_at"}:
        raise InvalidMessageError.for_field("(body)", "must be an object with the field send_at")
    try:
        return read_moment(document["send_at"])
    except ValueError as error:
        raise InvalidMessageError.for_field("send_at", str(error)) from error
