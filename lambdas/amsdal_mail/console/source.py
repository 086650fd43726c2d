"""The wall between the pages and the data: what a page asks for, and how a source refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from amsdal_mail.console.values import (
        About,
        APIResponse,
        Content,
        DeadLetter,
        Email,
        EmailPage,
        Filters,
        Finding,
        Json,
        Part,
        Queue,
        Story,
        SuppressionPage,
        Template,
        TemplateView,
    )

__all__ = ["Source", "SourceError"]


class SourceError(Exception):
    """The source refuses a call, or cannot be reached.

    `status` is the HTTP status for the page. `cure` says what a person can do.
    """

    def __init__(self, message: str, *, status: int = 502, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.cure = cure


class Source(Protocol):
    """Where the pages get their data. Each method may raise SourceError."""

    def about(self) -> About:
        """Return the stage that the pages show."""

    async def find(self, filters: Filters, cursor: str | None) -> EmailPage:
        """Return a page of emails. A page may be empty and have a next one."""

    def words(self, email: Email) -> str:
        """Return more text of the email that a search looks in; it may be empty."""

    async def story(
        self, email_id: str, message_id: str | None = None, recipients_after: str = ""
    ) -> Story:
        """Return what the stage knows about an email as it is now, or about one copy of it."""

    async def content(self, email_id: str, message_id: str | None = None) -> Content:
        """Return the content, of one copy where the email has several."""

    async def part(self, email_id: str, message_id: str | None, number: int) -> Part:
        """Return an attachment."""

    async def raw(self, email_id: str, message_id: str | None) -> Part:
        """Return the MIME."""

    async def resend(self, email_id: str, body: Json, key: str) -> str:
        """Send the email again; return the id of the new email."""

    async def cancel(self, email_id: str) -> None:
        """Cancel a scheduled email."""

    async def reschedule(self, email_id: str, send_at: str) -> None:
        """Give a scheduled email another time."""

    async def suppressions(self, which: str, cursor: str | None) -> SuppressionPage:
        """Return a page of the list `service` or `ses`."""

    async def unsuppress(self, address: str) -> None:
        """Remove an address from both lists."""

    async def queues(self) -> Sequence[Queue]:
        """Return the dead-letter queues."""

    async def dead_letters(self, queue: str) -> Sequence[DeadLetter]:
        """Return the first messages of a dead-letter queue, with the reasons."""

    async def redrive(self, queue: str) -> str:
        """Put the messages of a dead-letter queue back to work; return what was done."""

    async def findings(self) -> Sequence[Finding]:
        """Return the findings of doctor."""

    async def templates(self) -> Sequence[Template]:
        """Return the stored templates."""

    async def template(self, name: str, version: str | None, data: str | None) -> TemplateView:
        """Return a template, rendered with the JSON `data`, or with sample data without it."""

    async def metrics(self, query: Mapping[str, str]) -> Json:
        """Return the response of `GET /metrics`."""

    async def api_description(self) -> Json:
        """Return the OpenAPI document of the service."""

    async def call_api(self, method: str, path: str, body: str) -> APIResponse:
        """Make a signed call of the API."""
