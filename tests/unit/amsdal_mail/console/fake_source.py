"""A source with the mail of a small shop, for the tests of the pages and for their pictures."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from typing_extensions import override

from amsdal_mail.console.source import Source, SourceError
from amsdal_mail.console.values import (
    About,
    APIResponse,
    Content,
    DeadLetter,
    Email,
    EmailPage,
    Event,
    File,
    Filters,
    Finding,
    Json,
    Part,
    Queue,
    Recipient,
    Story,
    Suppression,
    SuppressionPage,
    Table,
    Template,
    TemplateView,
)
from tests.unit.amsdal_mail.console.samples import DESCRIPTION, NOW, numbers

__all__ = ["NOW", "FakeSource", "content", "email", "numbers"]

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def email(name: str, state: str = "delivered", **fields: Any) -> Email:
    values: dict[str, Any] = {
        "id": name, "created_at": NOW, "sender": "orders@example.com", "subject": f"Order {name}",
        "state": state, "addresses": (f"{name}@example.net",), "recipient_count": 1,
        "counts": {state: 1},
    }  # fmt: skip
    return Email(**values | fields)


class FakeSource(Source):
    """Keeps everything in memory. `calls` has what was changed; `broken` names methods that fail.

    A list has two emails a page.
    """

    page_size = 2

    def __init__(self) -> None:
        self.emails: list[Email] = []
        self.contents: dict[str, Content] = {}
        self.calls: list[tuple[Any, ...]] = []
        self.broken: dict[str, SourceError] = {}
        self.lists: dict[str, list[Suppression]] = {"service": [], "ses": []}
        self.dead: dict[str, list[DeadLetter]] = {"send": []}
        self.found: list[Finding] = []
        self.stored: list[TemplateView] = []
        self.numbers: Json = numbers(days=7)
        self.stage = About("prod", "eu-west-1", address="https://api.example.com")
        self.hidden_words: dict[str, str] = {}
        self.records: dict[str, Json] = {}
        self.picture = PIXEL

    @override
    def about(self) -> About:
        return self.stage

    def _check(self, name: str) -> None:
        if name in self.broken:
            raise self.broken[name]

    @override
    async def find(self, filters: Filters, cursor: str | None) -> EmailPage:
        self._check("find")
        rows = [row for row in self.emails if not filters.state or row.state == filters.state]
        rows = [row for row in rows if not filters.recipient or filters.recipient in row.addresses]
        rows = [row for row in rows if not filters.tag or filters.tag in row.tags]
        if cursor and not cursor.isdecimal():
            raise SourceError("cursor must be that of a page.", status=422)
        start = int(cursor or 0)
        end = start + self.page_size
        window = (NOW - timedelta(days=1), NOW)
        return EmailPage(tuple(rows[start:end]), str(end) if end < len(rows) else None, window)

    @override
    def words(self, email: Email) -> str:
        return self.hidden_words.get(email.id, "")

    @override
    async def story(
        self, email_id: str, message_id: str | None = None, recipients_after: str = ""
    ) -> Story:
        self._check("story")
        row = next((row for row in self.emails if row.id == email_id), None)
        if row is None:
            raise SourceError("Email not found.", status=404)
        record = {
            "created_at": row.created_at.isoformat(), "from_email": row.sender,
            "subject": row.subject, "sensitive": row.is_sensitive, "template_id": row.template,
            "tags": list(row.tags), "metadata": dict(row.metadata), "stream": row.stream,
            "recipient_count": row.recipient_count, "errors": [], "send_at": None,
        }  # fmt: skip
        if row.send_at:
            record["send_at"] = row.send_at.isoformat()
        record |= self.records.get(email_id, {})
        recipients = tuple(Recipient(address, row.state) for address in row.addresses)
        return Story(email_id, row.state, recipients, _events(row), record, row.counts)

    @override
    async def content(self, email_id: str, message_id: str | None = None) -> Content:
        self._check("content")
        return self.contents.get(email_id, Content(missing="The stage keeps no content."))

    @override
    async def part(self, email_id: str, message_id: str | None, number: int) -> Part:
        files = self.contents[email_id].files
        if number >= len(files):
            raise SourceError("There is no such attachment.", status=404)
        return Part(self.picture, files[number].content_type, files[number].name or "part")

    @override
    async def raw(self, email_id: str, message_id: str | None) -> Part:
        raise SourceError("Not kept.", status=404)

    @override
    async def resend(self, email_id: str, body: Json, key: str) -> str:
        self._check("resend")
        self.calls.append(("resend", email_id, body))
        first = next(row for row in self.emails if row.id == email_id)
        new = replace(first, id=key, state="accepted", addresses=tuple(body.get("to", ())))
        self.emails.insert(0, new)
        self.records[key] = {"resent_from": email_id}
        return key

    @override
    async def cancel(self, email_id: str) -> None:
        self._check("cancel")
        self.calls.append(("cancel", email_id))

    @override
    async def reschedule(self, email_id: str, send_at: str) -> None:
        self.calls.append(("reschedule", email_id, send_at))

    @override
    async def suppressions(self, which: str, cursor: str | None) -> SuppressionPage:
        self._check(f"suppressions {which}")
        start = int(cursor or 0)
        end = start + self.page_size
        rows = self.lists[which]
        return SuppressionPage(tuple(rows[start:end]), str(end) if end < len(rows) else None)

    @override
    async def unsuppress(self, address: str) -> None:
        self.calls.append(("unsuppress", address))
        for name, rows in self.lists.items():
            self.lists[name] = [row for row in rows if row.address != address]

    @override
    async def queues(self) -> Sequence[Queue]:
        self._check("queues")
        return [
            Queue(name, len(rows), "emails that were not sent") for name, rows in self.dead.items()
        ]

    @override
    async def dead_letters(self, queue: str) -> Sequence[DeadLetter]:
        self._check("dead_letters")
        return self.dead[queue]

    @override
    async def redrive(self, queue: str) -> str:
        self.calls.append(("redrive", queue))
        count, self.dead[queue] = len(self.dead[queue]), []
        return f"{count} messages of {queue} are back at work."

    @override
    async def findings(self) -> Sequence[Finding]:
        self._check("findings")
        return self.found

    @override
    async def templates(self) -> Sequence[Template]:
        self._check("templates")
        return [view.template for view in self.stored]

    @override
    async def template(self, name: str, version: str | None, data: str | None) -> TemplateView:
        for view in self.stored:
            if view.template.name == name:
                chosen = replace(view, version=version or view.version)
                return chosen if data is None else replace(chosen, data=data)
        raise SourceError("This template does not exist.", status=404)

    @override
    async def metrics(self, query: Mapping[str, str]) -> Json:
        self._check("metrics")
        self.calls.append(("metrics", dict(query)))
        return self.numbers

    @override
    async def api_description(self) -> Json:
        return DESCRIPTION

    @override
    async def call_api(self, method: str, path: str, body: str) -> APIResponse:
        self.calls.append((method, path, body))
        return APIResponse(200, '{\n  "state": "delivered"\n}', 84)


def _events(row: Email) -> tuple[Event, ...]:
    order = {"accepted": 1, "delivered": 2, "opened": 3, "clicked": 4, "bounced": 2}
    kinds = ["send", "bounce" if row.state == "bounced" else "delivery", "open", "click"]
    details: Mapping[str, Json] = {
        "delivery": {"smtp_response": "250 2.0.0 OK 1732439"},
        "bounce": {"type": "Permanent", "subtype": "General", "diagnostic_code": "550 5.1.1"},
        "open": {"user_agent": "Mozilla/5.0 (iPhone)", "ip_address": "198.51.100.7"},
        "click": {"link": "https://shop.example.com/orders/1234"},
    }
    return tuple(
        Event(row.created_at + timedelta(seconds=6**place / 6), kind, row.addresses[0] if
              row.addresses else None, "m-1", details.get(kind, {}))
        for place, kind in enumerate(kinds[: order.get(row.state, 0)])
    )  # fmt: skip


def content(**fields: Any) -> Content:
    """Return the content of an order with a logo."""
    values: dict[str, Any] = {
        "subject": "Order 1234 is on its way to you",
        "sender": "Early Bird Coffee <orders@example.com>",
        "to": ("Anna <anna@example.net>",),
        "text": "Thank you, Anna.",
        "html": "<h1>Thank you, Anna.</h1>",
        "files": (File(0, "logo.svg", "image/svg+xml", 320, "logo"),),
        "tables": (Table("Header fields", (("Subject", "Order 1234"),)),),
    }
    return Content(**values | fields)
