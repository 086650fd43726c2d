"""The story of a message: states, a timeline, and when the stack is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from amsdal_mail.console.labels import BY_PROGRAM, most_urgent, state_label, summary_lines
from amsdal_mail.console.templating import elapsed, size
from local.inbox.deployed_stack import (
    NO_STACK,
    NOT_FROM_STACK,
    DeployedStack,
    StackAddress,
    StackEmail,
)
from local.inbox.listing import Search, email_id, list_messages
from local.inbox.story import build_story
from local.ses.events.mailbox_simulator import EventStep
from local.ses.events.payloads import event_payload
from local.ses.messages import KeptMessage, Message, Messages
from tests.unit.local.ses.events.test_payloads import MESSAGE, NOW

ADDRESS = StackAddress(api_url="http://api", table_name="t", aws_endpoint="http://aws")


class FakeAPI:
    """An API that records the requests, and a clock that the test sets."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.now = 100.0

    def __call__(self, _api_url: str, email_id: str) -> StackEmail:
        self.ids.append(email_id)
        return StackEmail({"recipients": []})


@pytest.fixture
def api() -> FakeAPI:
    return FakeAPI()


@pytest.fixture
def stack(api: FakeAPI) -> DeployedStack:
    new_stack = DeployedStack(lambda: api.now, api)
    new_stack.connect(ADDRESS)
    return new_stack


async def test_settled_email_is_not_fetched_again_soon(stack: DeployedStack, api: FakeAPI) -> None:
    for api.now in (100.0, 100.1, 105.0, 109.0, 130.0, 160.0):
        await stack.email("e1", version=2)

    assert len(api.ids) == 3  # at once, while events may still be on their way, and after


async def test_each_new_event_causes_a_fetch(stack: DeployedStack, api: FakeAPI) -> None:
    for version, api.now in ((1, 100.0), (1, 120.0), (1, 121.0), (2, 130.0), (2, 131.0)):
        await stack.email("e1", version)

    assert len(api.ids) == 4


async def test_email_of_an_open_message_is_always_fetched(
    stack: DeployedStack, api: FakeAPI
) -> None:
    for _ in range(3):
        await stack.fetch_email("e1")

    assert len(api.ids) == 3


async def test_no_request_without_a_stack_or_an_email_id(
    stack: DeployedStack, api: FakeAPI
) -> None:
    assert await DeployedStack(lambda: 0.0, api).email("e1", 1) is NO_STACK
    assert await stack.email(None, 1) is NOT_FROM_STACK
    assert api.ids == []


def kept(*steps: EventStep, message: Message = MESSAGE) -> KeptMessage:
    rows = [{"event": event_payload(message, step, NOW), "topics": ["t"]} for step in steps]
    return KeptMessage(message, rows)


async def test_email_with_several_messages_is_fetched_once(
    stack: DeployedStack, api: FakeAPI
) -> None:
    messages = Messages()
    for name in ("1", "2", "3"):
        messages.add(replace(MESSAGE, id=name))
    messages.add(replace(MESSAGE, id="4", tags={}))

    listing = await list_messages(messages, stack, Search())

    assert [row.kept.message.id for row in listing.rows] == ["4", "3", "2", "1"]
    assert api.ids == ["e1"]


def test_story_has_only_the_events_of_this_message() -> None:
    row: dict[str, Any] = {
        "at": "2026-03-02T09:15:31Z",
        "recipient": "a@example.net",
        "details": {},
    }
    recipient = {"address": "A@example.net", "state": "delivered"}
    content = {
        "email": {"tags": ["welcome"], "metadata": {"order": "1"}},
        "recipients": [{**recipient, "error_code": None, "error_message": None}],
        "timeline": [
            {**row, "kind": "send", "message_id": MESSAGE.id},
            {**row, "kind": "send", "message_id": "another"},
        ],
    }

    story = build_story(kept(EventStep("Send"), EventStep("Delivery")), StackEmail(content))

    assert [event.label.text for event in story.events] == ["Sent"]
    assert [recipient.label.text for recipient in story.recipients] == ["Delivered"]
    assert (story.tags, story.metadata, story.expected) == (["welcome"], {"order": "1"}, 2)
    assert StackEmail(content).states(("a@EXAMPLE.net",)) == ["delivered"]


def test_story_without_a_stack_has_the_events_of_ses() -> None:
    steps = (
        EventStep("Send"),
        EventStep("Rendering Failure", text="x"),
        EventStep("DeliveryDelay", sub="General"),
    )

    story = build_story(kept(*steps), NO_STACK)

    labels = [event.label.text for event in story.events]
    assert labels == ["Sent", "Rendering failure", "Delayed"]
    assert story.problem == NO_STACK.problem


@pytest.mark.parametrize(
    ("states", "expected"),
    [(["delivered", "bounced"], "bounced"), (["clicked", "new one"], "new one"), ([], None)],
)
def test_list_shows_the_most_urgent_state(states: list[str], expected: str | None) -> None:
    assert most_urgent(states) == expected
    assert state_label("new one") == ("new one", "calm")


@pytest.mark.parametrize(("is_bot", "lines"), [(True, [BY_PROGRAM, "::1"]), (False, ["::1"])])
def test_an_open_by_a_program_is_marked(is_bot: bool, lines: list[str]) -> None:
    assert summary_lines({"is_bot": is_bot, "ip_address": "::1"}) == lines


def test_summary_lines_are_short() -> None:
    details = {
        "type": "Permanent", "subtype": "General", "diagnostic_code": "550", "status": "5.1.1",
        "link_tags": {"a": ["b", "c"]}, "ip_address": "::1", "user_agent": None,
    }  # fmt: skip

    assert summary_lines(details) == ["Permanent · General", "550", "a = b, c", "::1"]


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("", True),
        ("shop ORDERS", True),
        ("e1", True),
        ("a@example.net", True),
        ("shop b@", False),
    ],
)
def test_search_needs_every_word(text: str, is_match: bool) -> None:
    assert Search(text).matches(kept()) is is_match
    assert email_id(kept()) == "e1"


def test_times_and_sizes_have_units() -> None:
    start = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    later = [start.replace(second=1), start.replace(minute=5), start.replace(hour=12)]

    assert [elapsed(at, start) for at in later] == ["+1.0 s", "+5 min", "+3 h"]
    assert elapsed(start, later[0]) == "+0.0 s"
    assert [size(count) for count in (999, 48_213, 2_500_000)] == ["999 B", "48 kB", "2.5 MB"]
