"""The routes to the kept message of an email: look in, and send again.

The module behind them is imported at the first request: most workers never get one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from send_email.api.requests import READ_CONTENT, HttpRequest, token_scopes
from send_email.sending.job import SendOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from send_email.sending.job import SendJob
    from send_email.sending.service import SendService

    Send = Callable[[HttpRequest, SendJob], SendOutcome]
    Respond = Callable[..., Response[str]]

__all__ = ["ContentRoutes"]


class ContentRoutes(APIGatewayHttpRouter):
    """GET /emails/{email_id}/content and POST /emails/{email_id}/resend.

    Args:
        service: the service.
        send: sends a job within the time of the request, and returns its outcome.
        respond: returns the response to an outcome, with more fields for its document.
        scope_prefix: returns what the issuer of tokens puts before the scopes of this stage.
    """

    def __init__(
        self,
        service: SendService,
        send: Send,
        respond: Respond,
        scope_prefix: Callable[[], str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._scope_prefix = scope_prefix
        self._service = service
        self._send = send
        self._respond = respond
        path, tags = "/emails/<email_id>", ["emails"]
        self.get(f"{path}/content", summary="Get the kept message", tags=tags)(self.get_content)
        self.post(f"{path}/resend", summary="Send an email again", tags=tags)(self.resend)

    def get_content(self, email_id: str) -> Response[str]:
        """Return the message as it was sent, with links to its files."""
        from send_email.api.content import content_of

        return content_of(self._service, email_id)

    def resend(self, email_id: str) -> Response[str]:
        """Send the message again, under a new id."""
        from send_email.api.content import resend_job_of

        request = HttpRequest.from_event(self.current_event)
        scopes = token_scopes(self.current_event.raw_event)
        may_look_in = scopes is None or f"{self._scope_prefix()}{READ_CONTENT}" in scopes
        job = resend_job_of(self._service, request, email_id, may_look_in=may_look_in)
        outcome = job if isinstance(job, SendOutcome) else self._send(request, job)
        return self._respond(outcome, resent_from=email_id)
