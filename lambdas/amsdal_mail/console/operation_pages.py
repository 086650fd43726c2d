"""The pages of operation: dead letters with their reasons, and the findings of doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from amsdal_mail.console import responses
from amsdal_mail.console.source import SourceError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from amsdal_mail.console.context import Console

__all__ = ["dead_letters", "doctor", "findings", "redrive"]

ORDER = ("fail", "warn", "ok", "skip")


async def dead_letters(console: Console, request: Request) -> Response:
    """Show the dead-letter queues, and the messages of the one that is chosen.

    Messages are read only when a person asks: reading hides them for a short time.
    """
    queues = await console.source.queues()
    chosen = request.query_params.get("queue", "")
    letters, problem = [], None
    if any(queue.name == chosen for queue in queues):
        try:
            letters = list(await console.source.dead_letters(chosen))
        except SourceError as error:
            problem = error
    html = console.render(
        "dead_letters.html", "dead-letters", queues=queues, chosen=chosen, letters=letters,
        problem=problem, done="",
    )  # fmt: skip
    return responses.page(html)


async def redrive(console: Console, request: Request) -> Response:
    """Put the messages of a dead-letter queue back to work."""
    form = await console.form(request)
    name = form.get("queue", "")
    if not any(queue.name == name for queue in await console.source.queues()):
        raise HTTPException(404, "queue: must be a dead-letter queue of this stage.")
    text = await console.source.redrive(name)
    html = console.render("dead_letters.html", "dead-letters",
                          queues=await console.source.queues(), chosen="", letters=[],
                          problem=None, done=text)  # fmt: skip
    return responses.page(html)


async def doctor(console: Console, _request: Request) -> Response:
    """Show the page at once. Its script asks for the findings, which take some seconds."""
    return responses.page(console.render("doctor.html", "doctor"))


async def findings(console: Console, _request: Request) -> Response:
    """Return the findings, the failures first."""
    found = await console.source.findings()
    ordered = sorted(found, key=lambda row: ORDER.index(row.status) if row.status in ORDER else 0)
    counts = {status: sum(row.status == status for row in found) for status in ORDER}
    html = console.render("parts/findings.html", findings=ordered, counts=counts)
    return responses.page(html)
