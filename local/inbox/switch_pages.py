"""The page of the simulator's switches: what makes SES fail, and what it counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException

from amsdal_mail.console import responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console, Page
    from local.ses.sending.simulator import Simulator

__all__ = ["change_page", "read_form", "switches_page"]

FAULTS = {
    "throttle": "Throttle (429)",
    "server_error": "Fail (5xx)",
    "drop_request": "Close before accepting",
    "drop_response": "Close after accepting",
}
LIMITS = {
    "max_send_rate": "Recipients a second",
    "max_24_hour_send": "Recipients in 24 hours",
    "api_rate": "Other calls a second",
}
PAUSES = ("SendingPausedException", "MessageRejected", "AccountSuspendedException")
EVENTS = {
    "delay_ms": "Delay, ms",
    "duplicate_chance": "Chance of a copy, 0 to 1",
    "lost_chance": "Chance of a loss, 0 to 1",
}
SWITCHES = {"sandbox": "Sandbox", "any_sender": "Accept any sender"}
STATUSES = ("SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED")


def switches_page(ses: Simulator) -> Page:
    """Return the page that shows the switches."""

    async def show(console: Console, request: Request) -> Response:
        is_saved = "saved" in request.query_params
        return _page(console, ses, is_saved=is_saved)

    return show


def change_page(ses: Simulator) -> Page:
    """Return the page that takes the switches of the form, or returns them to the start."""

    async def change(console: Console, request: Request) -> Response:
        form = await console.form(request)
        if "restore" in form:
            ses.restore_switches()
            return responses.redirect_back(request, "/simulator?saved")
        try:
            ses.switches = ses.switches.changed(read_form(form))
        except ValidationError as error:
            row = error.errors()[0]
            field = ".".join(str(part) for part in row["loc"])
            raise HTTPException(400, f"{field}: {row['msg']}") from error
        return responses.redirect_back(request, "/simulator?saved")

    return change


def read_form(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the change of the switches that a form asks for. An empty limit is no limit."""

    def value(name: str) -> str | None:
        return form.get(name, "").strip() or None

    change: dict[str, Any] = {name: value(name) for name in LIMITS}
    change["latency_ms"] = value("latency_ms") or 0
    for name in FAULTS:
        change[name] = {
            "calls": value(f"{name}.calls") or 0,
            "chance": value(f"{name}.chance") or 0,
        }
    change["server_error"]["status"] = value("server_error.status") or 500
    change["paused"] = {"account": value("paused.account")}
    change["events"] = {name: value(f"events.{name}") or 0 for name in EVENTS}
    change["events"]["shuffle"] = "events.shuffle" in form
    change |= {name: name in form for name in SWITCHES}
    if identity := value("identity"):
        change["identities"] = {identity: form.get("identity.status", "")}
    return change


def _page(console: Console, ses: Simulator, *, is_saved: bool) -> Response:
    switches = ses.switches
    html = console.render(
        "simulator.html", "simulator", switches=switches, is_saved=is_saved,
        faults=FAULTS, limits=LIMITS, pauses=PAUSES, event_fields=EVENTS, plain=SWITCHES,
        statuses=STATUSES, call_counts=dict(ses.counts), identities=switches.identities,
    )  # fmt: skip
    return responses.page(html)
