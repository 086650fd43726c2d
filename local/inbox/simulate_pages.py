"""The buttons beside an email: the events that a person can simulate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from local.inbox.mailbox import email_id_of
from local.ses.sending import feedback

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console, Page
    from local.ses.sending.simulator import Simulator

__all__ = ["SIMULATED_EVENTS", "simulate_page"]

SIMULATED_EVENTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "bounce": ("Hard bounce", "bad", {"kind": "bounce"}),
    "mailboxfull": ("Mailbox full", "warn", {"kind": "bounce", "bounce": "mailboxfull"}),
    "toolarge": ("Too large", "warn", {"kind": "bounce", "bounce": "toolarge"}),
    "undetermined": ("Undetermined", "warn", {"kind": "bounce", "bounce": "undetermined"}),
    "delay": ("Delay", "warn", {"kind": "delay"}),
    "complaint": ("Complain", "bad", {"kind": "complaint"}),
    "notspam": ("Not spam", "good", {"kind": "complaint", "complaint": "not-spam"}),
    "bot": ("Open by a program", "calm", {"kind": "open", "bot": True}),
    "unsubscribe": ("Unsubscribe", "warn", {"kind": "unsubscribe"}),
}
"""The events that a person can simulate: title, tone, and the fields of the feedback."""


def simulate_page(ses: Simulator) -> Page:
    """Return the page that simulates an event of the message in the path."""

    async def simulate(console: Console, request: Request) -> Response:
        kept = ses.messages.get(request.path_params["id"])
        if kept is None:
            raise HTTPException(404, "This message does not exist, or is not kept any more.")
        form = await console.form(request)
        _, _, fields = SIMULATED_EVENTS.get(form.get("event", ""), ("", "", {}))
        recipient = form.get("recipient")
        try:
            event = feedback.Feedback.model_validate({**fields, "recipient": recipient})
        except ValidationError as error:
            raise HTTPException(400, "event: must be an event that can be simulated.") from error
        if recipient not in (None, *kept.message.destinations):
            raise HTTPException(400, "recipient: must be a recipient of the message.")
        step = feedback.event_step(event, kept.message)
        feedback.suppress_recipients(ses, kept.message, step)
        ses.publisher.publish_events(kept.message, [step])
        return responses.redirect_back(request, f"/emails/{email_id_of(kept.message)}")

    return simulate
