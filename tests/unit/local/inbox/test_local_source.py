"""The source of the local AWS: the stack and the simulator as one, and each alone."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from amsdal_mail.console.source import SourceError
from amsdal_mail.console.values import Filters
from local.inbox.source import LocalSource
from local.inbox.stack import StackAddress
from local.ses.account import Account
from local.ses.aws import NoAWSClient
from local.ses.events.mailbox_simulator import EventStep
from local.ses.events.payloads import event_payload
from local.ses.events.publisher import Publisher
from local.ses.events.sns_topics import Topics
from local.ses.messages import Message, Messages
from local.ses.sending.handlebars import Handlebars
from local.ses.sending.simulator import Simulator
from local.ses.switches import Switches
from tests.unit.amsdal_mail.console.fake_source import FakeSource, email
from tests.unit.local.ses.events.test_payloads import MESSAGE, NOW

ADDRESS = StackAddress(api_url="http://api", aws_endpoint="http://aws", outputs={})
MIME = b"Subject: s\r\nContent-Type: text/plain\r\n\r\nneedle in the body"


@pytest.fixture
def ses() -> Simulator:
    aws, messages, switches = NoAWSClient(()), Messages(), Switches()
    publisher = Publisher(
        aws, messages, lambda: switches, lambda: NOW, random.Random(1), Topics(aws)
    )
    return Simulator(
        Account(), messages, aws, publisher, Handlebars(), lambda: NOW, "us-east-1", switches,
        "http://localhost:4801",
    )  # fmt: skip


@pytest.fixture
def stack() -> FakeSource:
    made = FakeSource()
    made.page_size = 50
    return made


@pytest.fixture
def local(ses: Simulator, stack: FakeSource) -> LocalSource:
    source = LocalSource(ses, lambda _address, _url: stack)
    source.connect(ADDRESS)
    return source


def add(ses: Simulator, name: str, **fields: Any) -> Message:
    message = replace(MESSAGE, id=name, **fields)
    ses.messages.add(message)
    return message


async def test_list_is_that_of_the_stack(
    local: LocalSource, ses: Simulator, stack: FakeSource
) -> None:
    """Mail that SES never got is in it too, and the states are the stack's."""
    add(ses, "m1", tags={"email_id": ["e1"]})
    stack.emails = [email("e3", "scheduled"), email("e2", "suppressed"), email("e1", "bounced")]

    page = await local.find(Filters(), None)

    assert [(row.id, row.state) for row in page.emails] == [
        ("e3", "scheduled"), ("e2", "suppressed"), ("e1", "bounced"),
    ]  # fmt: skip


async def test_mail_past_the_service_is_listed_at_once(
    local: LocalSource, ses: Simulator, stack: FakeSource
) -> None:
    from tests.unit.amsdal_mail.console.fake_source import NOW as END

    add(ses, "m1", tags={}, accepted_at=END - timedelta(minutes=1))
    add(ses, "m0", tags={}, accepted_at=END - timedelta(days=3))
    stack.emails = [email("e1", created_at=END - timedelta(minutes=2))]

    page = await local.find(Filters(), None)
    of_a_state = await local.find(Filters(state="delivered"), None)

    assert [row.id for row in page.emails] == ["ses-m1", "e1"]
    assert [row.id for row in of_a_state.emails] == ["e1"]


async def test_what_the_stack_does_not_store_is_filled_in(
    local: LocalSource, ses: Simulator, stack: FakeSource
) -> None:
    message = add(ses, "m1", tags={}, subject="Rendered")
    stack.emails = [email("ses-m1", sender="", subject="", addresses=(), recipient_count=0)]

    (row,) = (await local.find(Filters(), None)).emails

    assert (row.sender, row.subject) == (message.source, "Rendered")
    assert row.addresses == message.destinations[:3]


@pytest.mark.parametrize(("copies", "subject"), [(1, "Hi Mia"), (2, "Hi {{name}}")])
async def test_subject_of_one_message_is_the_rendered_one(
    local: LocalSource, ses: Simulator, stack: FakeSource, copies: int, subject: str
) -> None:
    for number in range(copies):
        add(ses, f"m{number}", tags={"email_id": ["e1"]}, subject="Hi Mia")
    stack.emails = [email("e1", subject="Hi {{name}}")]

    (row,) = (await local.find(Filters(), None)).emails

    assert row.subject == subject


async def test_a_search_looks_into_the_body(local: LocalSource, ses: Simulator) -> None:
    add(ses, "m1", tags={"email_id": ["e1"]}, mime=MIME)
    add(ses, "m2", tags={"email_id": ["e2"], "email_sensitive": ["true"]}, mime=MIME)

    assert "needle in the body" in local.words(email("e1"))
    assert "needle" not in local.words(email("e2"))
    assert "m2" in local.words(email("e2"))


async def test_story_of_strangers_is_asked_from_the_stack(
    local: LocalSource, ses: Simulator, stack: FakeSource
) -> None:
    add(ses, "m1", tags={})
    stack.emails = [email("ses-m1", "delivered")]

    story = await local.story("ses-m1")

    assert story.state == "delivered"
    assert story.problem is None


async def test_story_waits_for_the_events_that_ses_published(
    local: LocalSource, ses: Simulator, stack: FakeSource
) -> None:
    message = add(ses, "m1", tags={"email_id": ["e1"]})
    stack.emails = [email("e1", "accepted")]
    for step, topics in (
        (EventStep("Send"), ["t"]), (EventStep("Delivery"), ["t"]), (EventStep("Open"), []),
    ):  # fmt: skip
        ses.messages.record("m1", event_payload(message, step, NOW), topics)

    story = await local.story("e1")

    assert (len(story.events), story.expected) == (1, 2)


async def test_copy_of_a_personalized_email_has_its_own_story(
    local: LocalSource, ses: Simulator, stack: FakeSource
) -> None:
    for name in ("m-1", "m-2"):
        to = (f"{name}@example.net",)
        add(ses, name, tags={"email_id": ["e1"]}, to=to, cc=(), bcc=())
    stack.emails = [
        email("e1", "delivered", addresses=("m-1@example.net", "m-2@example.net"),
              recipient_count=2)
    ]  # fmt: skip

    whole, copy = await local.story("e1"), await local.story("e1", "m-2")
    content = await local.content("e1", "m-2")

    assert len(whole.recipients) == 2
    assert [row.address for row in copy.recipients] == ["m-2@example.net"]
    assert copy.events == ()
    assert content.message_id == "m-2"
    assert [row.message_id for row in content.copies] == ["m-1", "m-2"]


async def test_without_a_stack_the_events_of_ses_are_shown(ses: Simulator) -> None:
    message = add(ses, "m1", tags={})
    steps = (
        EventStep("Send"), EventStep("Rendering Failure", text="x"),
        EventStep("DeliveryDelay", sub="General"),
    )  # fmt: skip
    for step in steps:
        payload = event_payload(message, step, NOW)
        ses.messages.record("m1", payload, [])
    source = LocalSource(ses)

    page, story = await source.find(Filters(), None), await source.story("ses-m1")

    assert [row.id for row in page.emails] == ["ses-m1"]
    kinds = sorted(event.kind for event in story.events)
    assert kinds == ["delivery_delay", "rendering_failure", "send"]
    assert story.problem == "No stack is deployed. The events are those that SES published."


@pytest.mark.parametrize("name", ["queues", "findings", "api_description"])
async def test_pages_that_need_a_stack_say_so(ses: Simulator, name: str) -> None:
    with pytest.raises(SourceError, match="No stack is deployed"):
        await getattr(LocalSource(ses), name)()


async def test_email_that_nobody_knows_is_not_found(local: LocalSource, ses: Simulator) -> None:
    for source in (local, LocalSource(ses)):
        with pytest.raises(SourceError) as refused:
            await source.story("e9")
        assert refused.value.status == 404


async def test_list_without_a_stack_has_pages(ses: Simulator) -> None:
    for number in range(70):
        add(ses, f"m{number}", tags={}, accepted_at=datetime(2026, 1, 1, tzinfo=UTC))
    source = LocalSource(ses)

    first = await source.find(Filters(), None)
    second = await source.find(Filters(), first.next_cursor)

    assert (len(first.emails), len(second.emails), second.next_cursor) == (50, 20, None)
    assert first.emails[0].id == "ses-m69"
