"""StageSource: the data of a deployed stage, through the service's API and the command line."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from typing_extensions import override

from amsdal_mail.console import parse
from amsdal_mail.console.source import Source, SourceError
from amsdal_mail.console.stage_templates import StageTemplatePages
from amsdal_mail.console.values import (
    About,
    APIResponse,
    Content,
    DeadLetter,
    Filters,
    Finding,
    Part,
    Queue,
    Story,
    SuppressionPage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from amsdal_mail.cli.service import Service
    from amsdal_mail.cli.signed_http import Transport
    from amsdal_mail.cli.stage import Stage
    from amsdal_mail.console.values import Email, EmailPage, Json, Template, TemplateView

__all__ = ["StageSource"]

T = TypeVar("T")

HERE = Path(__file__).resolve()
THREADS = 8
PAGE = 50
LETTERS = 20
"""Messages of a dead-letter queue that a page shows."""
RESPONSE_LIMIT = 200_000
"""Characters of a response of the API that the page shows."""
BODY_LIMIT = 1_000_000
FILE_LIMIT = 45_000_000
"""Bytes of an attachment: an email of SES has up to 40 MB.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""
STRANGER = "This email was sent past the service: its content was never here."


class StageSource(Source):
    """The source of the console. Blocking calls run in threads."""

    def __init__(
        self,
        stage: Stage,
        service: Service | None = None,
        transport: Transport | None = None,
    ) -> None:
        from amsdal_mail.cli.service import Service as APIService
        from amsdal_mail.cli.signed_http import SignedHttp

        self._stage = stage
        self._transport = transport or SignedHttp(stage)
        self._service = service or APIService(stage, self._transport)
        self._threads = CapacityLimiter(THREADS)
        self._description: Json | None = None
        self._templates = StageTemplatePages(stage)

    @override
    def about(self) -> About:
        return About(
            self._stage.name,
            self._stage.region,
            address=self._stage.outputs.get("ApiUrl", ""),
        )

    @override
    async def find(self, filters: Filters, cursor: str | None) -> EmailPage:
        query = {**filters.query(), "limit": PAGE, "cursor": cursor}
        return parse.email_page(await self._call(self._service.find, query))

    @override
    def words(self, _email: Email) -> str:
        return ""

    @override
    async def story(
        self, email_id: str, message_id: str | None = None, recipients_after: str = ""
    ) -> Story:
        document = await self._call(self._service.show, email_id, recipients_after or None)
        return parse.story(document)

    @override
    async def content(self, email_id: str, message_id: str | None = None) -> Content:
        if email_id.startswith("ses-"):
            return Content(missing=STRANGER)
        try:
            document = await self._call(self._service.content, email_id)
        except SourceError as error:
            # An email is shown also to a person who may not read its content.
            return Content(missing=" ".join(filter(None, (error.message, error.cure))))
        return parse.content(document)

    @override
    async def part(self, email_id: str, message_id: str | None, number: int) -> Part:
        document = await self._call(self._service.content, email_id)
        rows = document["attachments"]
        if number >= len(rows):
            raise SourceError("The email has no attachment with this number.", status=404)
        row = rows[number]
        response = await self._call(self._transport.plain, "GET", row["url"], {}, None)
        if response.status != HTTPStatus.OK:
            raise SourceError("The attachment is not there any more.", status=404)
        if len(response.body) > FILE_LIMIT:
            raise SourceError("The attachment is larger than an email of SES.", status=413)
        return Part(response.body, row["content_type"], row["filename"] or f"part-{number}")

    @override
    async def raw(self, email_id: str, message_id: str | None) -> Part:
        raise SourceError("A stage does not keep the MIME of an email.", status=404)

    @override
    async def resend(self, email_id: str, body: Json, key: str) -> str:
        document = await self._call(self._service.resend, email_id, body, key)
        return str(document["email_id"])

    @override
    async def cancel(self, email_id: str) -> None:
        await self._call(self._service.cancel, email_id)

    @override
    async def reschedule(self, email_id: str, send_at: str) -> None:
        await self._call(self._service.reschedule, email_id, send_at)

    @override
    async def suppressions(self, which: str, cursor: str | None) -> SuppressionPage:
        document = await self._call(self._service.suppressions, which, PAGE, cursor)
        return parse.suppression_page(document)

    @override
    async def unsuppress(self, address: str) -> None:
        await self._call(self._service.unsuppress, address)

    @override
    async def queues(self) -> Sequence[Queue]:
        from amsdal_mail.cli.dead_letters import list_dead_letters

        found = await self._call(list_dead_letters, self._stage)
        return [Queue(row.name, row.count, row.title, row.hidden) for row in found]

    @override
    async def dead_letters(self, queue: str) -> Sequence[DeadLetter]:
        from amsdal_mail.cli.dead_letters import show

        look = partial(show, self._stage, queue, LETTERS, records=self._service)
        return [
            DeadLetter(
                row.message_id, row.kind, row.email_id,
                tuple(dict.fromkeys(reason.text for reason in row.reasons)),
                row.sent_at, row.receives,
            )
            for row in await self._call(look)
        ]  # fmt: skip

    @override
    async def redrive(self, queue: str) -> str:
        from amsdal_mail.cli.dead_letters import redrive

        result = await self._call(redrive, self._stage, queue)
        failed = f"; {len(result.errors)} could not be moved" if result.errors else ""
        return f"{result.moved:,} messages of {queue} are back at work{failed}."

    @override
    async def findings(self) -> Sequence[Finding]:
        from amsdal_mail.cli.doctor import diagnose
        from amsdal_mail.cli.doctor.deployed_code import find_checkout
        from amsdal_mail.cli.doctor.name_server import name_server

        # The domain of a local AWS belongs to somebody else in the DNS of the world.
        given = os.environ.get("AMSDAL_MAIL_RESOLVER", "")
        resolver = None if self._stage.is_local and not given else name_server(given)
        found = await self._call(
            lambda: diagnose(
                self._stage, resolver, find_checkout(Path.cwd()) or find_checkout(HERE)
            )
        )
        return [Finding(row.check, row.status.value, row.message, row.cure) for row in found]

    @override
    async def templates(self) -> Sequence[Template]:
        return await self._call(self._templates.list)

    @override
    async def template(self, name: str, version: str | None, data: str | None) -> TemplateView:
        return await self._call(self._templates.view, name, version, data)

    @override
    async def metrics(self, query: Mapping[str, str]) -> Json:
        return await self._call(self._service.metrics, query)

    @override
    async def api_description(self) -> Json:
        if self._description is None:
            response = await self._request("GET", "/openapi.json", "")
            if response.status != HTTPStatus.OK:
                raise SourceError(f"GET /openapi.json returned {response.status}.")
            self._description = json.loads(response.body)
        return self._description

    @override
    async def call_api(self, method: str, path: str, body: str) -> APIResponse:
        response = await self._request(method, path, body)
        text = response.body
        with suppress(ValueError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        return APIResponse(response.status, text[:RESPONSE_LIMIT], response.milliseconds)

    async def _request(self, method: str, path: str, body: str) -> APIResponse:
        from amsdal_mail.cli.signed_http import Call

        headers = {"Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        call = Call(method, path, {}, headers, body[:BODY_LIMIT].encode() or None)
        start = time.monotonic()
        response = await self._call(self._transport, call)
        milliseconds = round(1000 * (time.monotonic() - start))
        return APIResponse(response.status, response.body.decode("utf-8", "replace"), milliseconds)

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a blocking call in a thread. Its expected errors become SourceError."""
        from botocore.exceptions import BotoCoreError, ClientError

        from amsdal_mail.cli.aws_errors import explain
        from amsdal_mail.cli.errors import CommandError
        from amsdal_mail.cli.service import ServiceError
        from amsdal_mail.cli.signed_http import NoResponseError

        try:
            return await to_thread.run_sync(partial(function, *arguments), limiter=self._threads)
        except ServiceError as error:
            status = error.status or HTTPStatus.BAD_GATEWAY
            raise SourceError(error.message, status=status, cure=error.cure) from error
        except CommandError as error:
            raise SourceError(error.message, status=400, cure=error.cure) from error
        except (BotoCoreError, ClientError) as error:
            explained = explain(error, self._stage.profile)
            raise SourceError(explained.message, cure=explained.cure) from error
        except (NoResponseError, OSError) as error:
            raise SourceError(f"There was no response: {error}") from error
