"""The source of a stage: the JSON of the API as values, its refusals as errors of a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from amsdal_mail.cli.service import Service
from amsdal_mail.cli.signed_http import Call, HttpResponse, NoResponseError
from amsdal_mail.cli.stage import Stage
from amsdal_mail.console.source import SourceError
from amsdal_mail.console.stage_source import StageSource
from amsdal_mail.console.values import Filters, Suppression

EMAIL: dict[str, Any] = {
    "email_id": "e1", "created_at": "2026-11-24T09:00:00+00:00", "from_email": "a@b.co",
    "subject": "Hi", "template_id": None, "template_version": None, "tags": ["welcome"],
    "metadata": {"order": "1"}, "stream": "bulk", "sensitive": False, "state": "delivered",
    "counts": {"delivered": 2}, "recipient_count": 2, "recipients": ["c@d.co", "e@f.co"],
    "recipient": None, "send_at": None, "resent_from": None, "has_content": True,
}  # fmt: skip
STORY: dict[str, Any] = {
    "email_id": "e1", "state": "bounced", "counts": {"bounced": 1}, "opens": 0, "clicks": 0,
    "email": {"subject": "Hi", "tags": [], "metadata": {}, "errors": [], "sensitive": False},
    "recipients": [{"address": "c@d.co", "state": "bounced", "message_id": "m",
                    "error_code": "550", "error_message": None, "opens": 0, "clicks": 0}],
    "recipients_next": "z@d.co", "is_truncated": True, "resent_from": "e0",
    "timeline": [{"at": "2026-11-24T09:00:01+00:00", "kind": "bounce", "recipient": "c@d.co",
                  "message_id": "m", "details": {"type": "Permanent"}}],
}  # fmt: skip
CONTENT: dict[str, Any] = {
    "email_id": "e1", "expires_at": "2026-11-24T09:15:00+00:00",
    "message": {"subject": "Hi", "from_email": "a@b.co", "to": ["c@d.co"], "body": "Text",
                "html_body": "<b>", "headers": {"X-A": "1"},
                "merge_data": {"c@d.co": {"name": "Carl"}}},
    "attachments": [{"filename": "a.pdf", "content_type": "application/pdf", "size": 3,
                     "content_id": None, "url": "https://bucket.example/a"}],
}  # fmt: skip


class FakeAPI:
    """A transport with fixed responses by method and path."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.responses: dict[str, tuple[int, str]] = {}
        self.error: Exception | None = None
        self.file_status = 200

    def __call__(self, call: Call) -> HttpResponse:
        self.calls.append(call)
        if self.error:
            raise self.error
        status, body = self.responses.get(f"{call.method} {call.path}", (404, "{}"))
        return HttpResponse(status, {}, body.encode())

    def plain(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpResponse:
        return HttpResponse(self.file_status, {}, f"{method} {url}".encode())

    def put(self, name: str, document: object, status: int = 200) -> None:
        import json

        self.responses[name] = (status, json.dumps(document))


@pytest.fixture
def api() -> FakeAPI:
    return FakeAPI()


@pytest.fixture
def source(api: FakeAPI) -> StageSource:
    session = boto3.Session(
        aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-west-1"
    )
    stage = Stage("prod", "eu-west-1", "AmsdalMail-prod", {"ApiUrl": "https://api"}, session)
    service = Service(stage, api, sleep=lambda _seconds: None)
    return StageSource(stage, service, api)


async def test_list_is_read_with_all_filters(source: StageSource, api: FakeAPI) -> None:
    window = {"from": "2026-11-23T00:00:00+00:00", "to": "2026-11-25T00:00:00+00:00"}
    api.put("GET /emails", {"emails": [EMAIL], "next_cursor": "n", "searched": window})
    filters = Filters("c@d.co", "bounced", "t", "r", "bulk", "2026-11-24", "2026-11-25")

    page = await source.find(filters, "c1")

    (row,) = page.emails
    assert (row.id, row.addresses, row.recipient_count, row.stream) == (
        "e1", ("c@d.co", "e@f.co"), 2, "bulk",
    )  # fmt: skip
    assert page.next_cursor == "n"
    assert page.window is not None
    assert page.window[0] == datetime(2026, 11, 23, tzinfo=UTC)
    assert api.calls[0].query == {
        "recipient": "c@d.co", "state": "bounced", "tag": "t", "template": "r", "stream": "bulk",
        "from": "2026-11-24", "to": "2026-11-25", "limit": 50, "cursor": "c1",
    }  # fmt: skip


async def test_recipient_that_was_asked_for_gives_the_state(
    source: StageSource, api: FakeAPI
) -> None:
    asked = {"address": "e@f.co", "state": "bounced", "message_id": None, "error_code": None,
             "error_message": None}  # fmt: skip
    row = EMAIL | {"recipient": asked}
    api.put("GET /emails", {"emails": [row], "next_cursor": None, "searched": None})

    (found,) = (await source.find(Filters("e@f.co"), None)).emails

    assert (found.state, found.addresses) == ("bounced", ("e@f.co",))


async def test_story_has_recipients_events_and_record(source: StageSource, api: FakeAPI) -> None:
    api.put("GET /emails/e1", STORY)

    story = await source.story("e1", recipients_after="b@d.co")

    assert (story.recipients[0].state, story.recipients[0].error) == ("bounced", "550")
    assert story.events[0].kind == "bounce"
    assert story.record["resent_from"] == "e0"
    assert (story.recipients_next, story.is_truncated) == ("z@d.co", True)
    assert api.calls[0].query == {"recipients_after": "b@d.co"}


async def test_content_is_a_message_with_files(source: StageSource, api: FakeAPI) -> None:
    api.put("GET /emails/e1/content", CONTENT)

    content = await source.content("e1")
    part = await source.part("e1", None, 0)

    assert (content.text, content.html, content.to) == ("Text", "<b>", ("c@d.co",))
    assert ("X-A", "1") in content.tables[0].rows
    assert content.tables[1].rows == (("c@d.co", "name = Carl"),)
    assert (part.name, part.content) == ("a.pdf", b"GET https://bucket.example/a")


@pytest.mark.parametrize(
    ("status", "text"), [(409, "Not kept: it is sensitive."), (403, "Forbidden")]
)
async def test_missing_content_has_its_reason(
    source: StageSource, api: FakeAPI, status: int, text: str
) -> None:
    api.put("GET /emails/e1/content", {"message": text, "detail": []}, status)

    content = await source.content("e1")

    assert content.missing
    assert text in content.missing


async def test_content_of_strangers_is_not_asked_for(source: StageSource, api: FakeAPI) -> None:
    content = await source.content("ses-0100")

    assert content.missing
    assert api.calls == []


@pytest.mark.parametrize(("number", "status"), [(1, 200), (0, 404), (0, 403)])
async def test_attachment_that_is_gone_is_not_found(
    source: StageSource, api: FakeAPI, number: int, status: int
) -> None:
    api.put("GET /emails/e1/content", CONTENT)
    api.file_status = status

    with pytest.raises(SourceError) as refused:
        await source.part("e1", None, number)

    assert refused.value.status == 404


async def test_changes_are_calls_of_the_api(source: StageSource, api: FakeAPI) -> None:
    sent = {"email_id": "k", "state": "accepted", "is_success": True, "message_id": "m",
            "recipients": [], "resent_from": "e1"}  # fmt: skip
    api.put("POST /emails/e1/resend", sent)
    api.put("POST /emails/e1/cancel", STORY)
    api.put("PATCH /emails/e1", STORY)
    api.put("DELETE /suppressions", {}, 204)

    new_id = await source.resend("e1", {"only_failed": True}, "k")
    await source.cancel("e1")
    await source.reschedule("e1", "2026-12-24T09:00Z")
    await source.unsuppress("a+b@c.de")

    assert new_id == "k"
    assert api.calls[0].headers["Idempotency-Key"] == "k"
    assert [call.method for call in api.calls] == ["POST", "POST", "PATCH", "DELETE"]
    assert api.calls[3].query == {"address": "a+b@c.de"}


async def test_suppressions_come_in_pages(source: StageSource, api: FakeAPI) -> None:
    row = {"address": None, "reason": "complaint", "at": "2026-11-24T09:00:00Z", "email_id": None}
    api.put("GET /suppressions", {"suppressions": [row], "next_cursor": "n"})

    page = await source.suppressions("ses", "c")

    assert page.entries == (Suppression(None, "complaint", datetime(2026, 11, 24, 9, tzinfo=UTC)),)
    assert page.next_cursor == "n"
    assert api.calls[0].query == {"list": "ses", "limit": 50, "cursor": "c"}


ERRORS = [
    (NoResponseError("timed out"), "did not answer"),
    (NoCredentialsError(), "needs credentials"),
]


@pytest.mark.parametrize(("error", "text"), ERRORS)
async def test_errors_of_aws_are_words(
    source: StageSource, api: FakeAPI, error: Exception, text: str
) -> None:
    api.error = error

    with pytest.raises(SourceError, match=text):
        await source.find(Filters(), None)


async def test_refusal_has_the_rule_of_the_api(source: StageSource, api: FakeAPI) -> None:
    detail = [{"field": "cursor", "rule": "must be that of a page"}]
    api.put("GET /emails", {"message": "Invalid.", "detail": detail}, 422)

    with pytest.raises(SourceError, match="cursor must be that of a page") as refused:
        await source.find(Filters(), "x")

    assert refused.value.status == 422


async def test_tried_call_keeps_an_odd_response(source: StageSource, api: FakeAPI) -> None:
    api.responses["GET /emails"] = (502, "<html>Bad gateway")
    api.responses["GET /ok"] = (200, '{"a":1}')

    odd, ok = await source.call_api("GET", "/emails", ""), await source.call_api("GET", "/ok", "")

    assert (odd.status, odd.body) == (502, "<html>Bad gateway")
    assert ok.body == '{\n  "a": 1\n}'
