"""LocalSource: the deployed stack by its API, with the content and words of the simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from amsdal_mail.console.source import Source, SourceError
from amsdal_mail.console.stage_source import StageSource
from amsdal_mail.console.values import (
    About,
    EmailPage,
    Suppression,
    SuppressionPage,
    Template,
)
from local.inbox.mailbox import Mailbox
from local.inbox.preview import preview
from local.inbox.published import published_story
from local.inbox.stack import StackAddress, stage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from amsdal_mail.console.values import (
        APIResponse,
        Content,
        DeadLetter,
        Email,
        Filters,
        Finding,
        Json,
        Part,
        Queue,
        Story,
        TemplateView,
    )
    from local.ses.messages import KeptMessage
    from local.ses.sending.simulator import Simulator

__all__ = ["LocalSource"]

NO_STACK = "No stack is deployed. The events are those that SES published."
NEEDS_STACK = "No stack is deployed: this page needs one."
NOT_STORED = "The stack has no record of this email yet."
PAGE = 50


class LocalSource(Source):
    """The source of the inbox. Without a stack, it shows what the simulator knows."""

    def __init__(
        self, ses: Simulator, connect: Callable[[StackAddress, str], Source] | None = None
    ) -> None:
        self.ses = ses
        self.address: StackAddress | None = None
        self._connect = connect or _stage_source
        self._stack: Source | None = None
        self.mailbox = Mailbox(ses.messages, ses.tracking_url)
        # The stack is not older than its simulator: an earlier hour need not be searched.
        self._start = (ses.now() - timedelta(hours=1)).isoformat()

    def connect(self, address: StackAddress) -> None:
        """Use the stack at this address from now on."""
        self.address = address
        self._stack = self._connect(address, self.ses.tracking_url)

    @property
    def stack(self) -> Source:
        """The deployed stack. Raises SourceError without one."""
        if self._stack is None:
            raise SourceError(NEEDS_STACK, status=404, cure="`make local` deploys one.")
        return self._stack

    @override
    def about(self) -> About:
        return About(
            "local AWS",
            self.ses.region,
            is_local=True,
            is_connected=self._stack is not None,
            address=self.address.api_url if self.address else "",
            refresh_seconds=1.0,
            searched="subjects, text, addresses, ids, tags and metadata",
        )

    @override
    async def find(self, filters: Filters, cursor: str | None) -> EmailPage:
        if self._stack is None:
            return self._page_of_simulator(filters, cursor)
        asked = replace(filters, start=filters.start or self._start)
        page = await self._stack.find(asked, cursor)
        emails = [*map(self._filled, page.emails), *self._unknown(page, filters)]
        emails.sort(key=lambda email: email.created_at, reverse=True)
        return replace(page, emails=tuple(emails))

    @override
    def words(self, email: Email) -> str:
        return self.mailbox.words(email.id)

    @override
    async def story(
        self, email_id: str, message_id: str | None = None, recipients_after: str = ""
    ) -> Story:
        messages = self.mailbox.messages(email_id)
        if self._stack is None:
            if not messages:
                raise SourceError("This email does not exist.", status=404)
            return published_story(email_id, messages, NO_STACK)
        try:
            story = await self._stack.story(email_id, None, recipients_after)
        except SourceError as error:
            if not messages or error.status != 404:
                raise
            return published_story(email_id, messages, NOT_STORED)
        kept = self.mailbox.chosen(email_id, message_id)
        published = sum(bool(row["topics"]) for each in messages for row in each.events)
        story = replace(story, expected=published)
        return _of_copy(story, kept) if kept and len(messages) > 1 and message_id else story

    @override
    async def content(self, email_id: str, message_id: str | None = None) -> Content:
        return self.mailbox.content(email_id, message_id)

    @override
    async def part(self, email_id: str, message_id: str | None, number: int) -> Part:
        return self.mailbox.part(email_id, message_id, number)

    @override
    async def raw(self, email_id: str, message_id: str | None) -> Part:
        return self.mailbox.raw(email_id, message_id)

    @override
    async def resend(self, email_id: str, body: Json, key: str) -> str:
        return await self.stack.resend(email_id, body, key)

    @override
    async def cancel(self, email_id: str) -> None:
        await self.stack.cancel(email_id)

    @override
    async def reschedule(self, email_id: str, send_at: str) -> None:
        await self.stack.reschedule(email_id, send_at)

    @override
    async def suppressions(self, which: str, cursor: str | None) -> SuppressionPage:
        if self._stack is not None or which == "service":
            return await self.stack.suppressions(which, cursor)
        rows = reversed(self.ses.account.suppression.all())
        return SuppressionPage(tuple(Suppression(row.address, row.reason, row.at) for row in rows))

    @override
    async def unsuppress(self, address: str) -> None:
        if self._stack is not None:
            await self._stack.unsuppress(address)
        elif not self.ses.account.suppression.delete(address):
            raise SourceError("The address is not on the list.", status=404)

    @override
    async def queues(self) -> Sequence[Queue]:
        return await self.stack.queues()

    @override
    async def dead_letters(self, queue: str) -> Sequence[DeadLetter]:
        return await self.stack.dead_letters(queue)

    @override
    async def redrive(self, queue: str) -> str:
        return await self.stack.redrive(queue)

    @override
    async def findings(self) -> Sequence[Finding]:
        return await self.stack.findings()

    @override
    async def templates(self) -> Sequence[Template]:
        stored = self.ses.account.templates
        if self._stack is None:
            return [Template(row.name, row.created_at, row.content.subject or "")
                    for row in stored.values()]  # fmt: skip
        templates = await self._stack.templates()
        return [
            replace(row, created_at=found.created_at, subject=found.content.subject or "")
            if (found := stored.get(row.name))
            else row
            for row in templates
        ]

    @override
    async def template(self, name: str, version: str | None, data: str | None) -> TemplateView:
        found = self.ses.account.templates.get(name)
        if found is None:
            return await self.stack.template(name, version, data)
        listed = Template(name, found.created_at, found.content.subject or "")
        return await preview(self.ses.handlebars, listed, None, found.content, data)

    @override
    async def metrics(self, query: Mapping[str, str]) -> Json:
        return await self.stack.metrics(query)

    @override
    async def api_description(self) -> Json:
        return await self.stack.api_description()

    @override
    async def call_api(self, method: str, path: str, body: str) -> APIResponse:
        return await self.stack.call_api(method, path, body)

    def _filled(self, email: Email) -> Email:
        """Return the email with what the simulator knows better: the stack stores less of it."""
        messages = self.mailbox.messages(email.id)
        if not messages:
            return email
        known = self.mailbox.email(messages)
        return replace(
            email,
            sender=email.sender or known.sender,
            subject=(known.subject if len(messages) == 1 else "") or email.subject or known.subject,
            addresses=email.addresses or known.addresses,
            recipient_count=email.recipient_count or known.recipient_count,
            is_sensitive=email.is_sensitive or known.is_sensitive,
        )

    def _unknown(self, page: EmailPage, filters: Filters) -> Iterator[Email]:
        """Yield mail past the service in the time of the page of which the stack has no event."""
        asks = filters.query().keys() - {"from", "to", "recipient"}
        if asks or page.window is None:
            return
        start, end = page.window
        known = {email.id for email in page.emails}
        for messages in self.mailbox.newest_first():
            email = self.mailbox.email(messages)
            is_stranger = email.id.startswith("ses-") and email.id not in known
            if is_stranger and start <= email.created_at < end and _is_to(filters, messages):
                yield email

    def _page_of_simulator(self, filters: Filters, cursor: str | None) -> EmailPage:
        start = int(cursor) if cursor and cursor.isascii() and cursor.isdecimal() else 0
        emails = [
            self.mailbox.email(messages)
            for messages in self.mailbox.newest_first()
            if _is_to(filters, messages) and filters.state in {"", "accepted"}
        ]
        end = start + PAGE
        return EmailPage(tuple(emails[start:end]), str(end) if end < len(emails) else None)


def _is_to(filters: Filters, messages: Sequence[KeptMessage]) -> bool:
    wanted = filters.recipient.lower()
    return not wanted or any(
        address.lower() == wanted for kept in messages for address in kept.message.destinations
    )


def _of_copy(story: Story, kept: KeptMessage) -> Story:
    """Return the recipients and events of one message of an email that has several."""
    addresses = {address.lower() for address in kept.message.destinations}
    return replace(
        story,
        recipients=tuple(row for row in story.recipients if row.address.lower() in addresses),
        events=tuple(row for row in story.events if row.message_id == kept.message.id),
        expected=sum(bool(row["topics"]) for row in kept.events),
        counts={},
    )


def _stage_source(address: StackAddress, ses_url: str) -> Source:
    return StageSource(stage_of(address, ses_url))
