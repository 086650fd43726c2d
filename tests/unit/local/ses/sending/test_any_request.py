"""The simulator accepts or refuses any request, without an internal error."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from local.ses.account import Account
from local.ses.aws import NoAWSClient
from local.ses.errors import RefusedError
from local.ses.events.mailbox_simulator import EventStep
from local.ses.events.payloads import event_payload
from local.ses.events.publisher import Publisher
from local.ses.events.sns_topics import Topics
from local.ses.http import shapes
from local.ses.messages import Messages
from local.ses.mime import read
from local.ses.sending.acceptance import Caller
from local.ses.sending.handlebars import Handlebars
from local.ses.sending.send_email import send_email
from local.ses.sending.simulator import Simulator
from local.ses.switches import Switches

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HAZARDS = ["", "é", "a\r\nBcc: q@x", "\x00", "=?utf-8?q?x?=", "{{a}}", "{{#if}}", "x" * 300, ".exe"]
TEXT = st.sampled_from(HAZARDS) | st.text(max_size=10)
ADDRESS = st.sampled_from(["a@example.com", "A <a@b.c>", "=?utf-8?q?=C3=BC?= <a@b.c>"]) | TEXT
NAME = st.sampled_from(["X-A", "a_b", "Subject"]) | TEXT
VALUE = st.sampled_from(["x", "1.2", "=?x?q?=?="]) | TEXT
BLOB = st.binary(max_size=80).map(lambda content: base64.b64encode(content).decode())
PAIRS = st.lists(st.fixed_dictionaries({"Name": NAME, "Value": VALUE}), max_size=2)
TYPES = ["text/html", "multipart/mixed", "message/rfc822", "x/y; charset=é", "text"]
ATTACHMENT = st.fixed_dictionaries(
    {"RawContent": BLOB, "FileName": st.just("a.png") | TEXT},
    optional={
        "ContentType": TEXT | st.sampled_from(TYPES),
        "ContentDisposition": st.sampled_from(["ATTACHMENT", "INLINE"]),
        "ContentId": TEXT,
        "ContentDescription": TEXT,
    },
)
MORE = {"Headers": PAIRS, "Attachments": st.lists(ATTACHMENT, max_size=2)}
PART = st.fixed_dictionaries({"Data": TEXT})
BODY = st.fixed_dictionaries({}, optional={"Text": PART, "Html": PART})
SIMPLE = st.fixed_dictionaries({"Subject": PART, "Body": BODY}, optional=MORE)
INLINE = st.fixed_dictionaries({}, optional={"Subject": TEXT, "Text": TEXT, "Html": TEXT})
DATA = st.sampled_from(["{}", '{"a": 1}']) | TEXT
TEMPLATE = st.fixed_dictionaries(
    {}, optional={"TemplateName": TEXT, "TemplateContent": INLINE, "TemplateData": DATA, **MORE}
)
LINES = [
    b"From: a@example.com", b"To: A <a@b.c>, a@example.com", b"Bcc:", b" a@b.c", b"Subject: =?x",
    b"X-SES-MESSAGE-TAGS: a=1, =, b", b"Content-Type: multipart/mixed; boundary=x", b"--x", b"",
    b"Content-Transfer-Encoding: base64", b":", b"\xff", b"Date: never",
]  # fmt: skip
RAW = st.lists(st.sampled_from(LINES)).map(
    lambda lines: base64.b64encode(b"\r\n".join([b"From: a@example.com", *lines])).decode()
)
CONTENT = st.one_of(
    st.fixed_dictionaries({"Simple": SIMPLE}),
    st.fixed_dictionaries({"Raw": st.fixed_dictionaries({"Data": RAW | TEXT})}),
    st.fixed_dictionaries({"Template": TEMPLATE}),
)
ADDRESSES = st.lists(ADDRESS, max_size=2)
DESTINATION = st.fixed_dictionaries(
    {"ToAddresses": ADDRESSES}, optional={"CcAddresses": ADDRESSES, "BccAddresses": ADDRESSES}
)
PLAIN = {
    "FromEmailAddress": "a@example.com",
    "Destination": {"ToAddresses": ["a@example.com"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
}
ENVELOPE = st.fixed_dictionaries(
    {"FromEmailAddress": ADDRESS, "Destination": DESTINATION},
    optional={"ReplyToAddresses": ADDRESSES, "EmailTags": PAIRS},
)


class Unpublished(Publisher):
    """A publisher that publishes nothing."""

    @override
    def publish_events(self, message: Any, steps: Any) -> None:
        return None


@pytest.fixture(scope="module")
def ses() -> Simulator:
    aws, messages, switches = NoAWSClient(), Messages(), Switches()
    rng = random.Random(1)
    publisher = Unpublished(aws, messages, lambda: switches, lambda: NOW, rng, Topics(aws))
    return Simulator(
        Account(), messages, aws, publisher, Handlebars(), lambda: NOW, "us-east-1", switches
    )


async def check_accepted_or_refused(ses: Simulator, body: dict[str, Any]) -> None:
    if shapes.check("SendEmail", body):
        return
    try:
        message_id = await send_email(ses, body, Caller("SendEmail"))
    except RefusedError:
        return
    kept = ses.messages.get(message_id)
    assert kept is not None
    assert set(kept.message.destinations) <= {"a@example.com", "a@b.c"}
    assert read.parse_mime(kept.message.mime)["Bcc"] is None
    assert read.read_message(kept.message.mime)
    assert event_payload(kept.message, EventStep("Send"), NOW)


@settings(max_examples=300, deadline=None)
@given(content=CONTENT)
async def test_any_content_is_accepted_or_refused(ses: Simulator, content: dict[str, Any]) -> None:
    await check_accepted_or_refused(ses, {**PLAIN, "Content": content})


@settings(max_examples=300, deadline=None)
@given(envelope=ENVELOPE)
async def test_any_envelope_is_accepted_or_refused(
    ses: Simulator, envelope: dict[str, Any]
) -> None:
    await check_accepted_or_refused(ses, {**PLAIN, **envelope})


@settings(max_examples=200, deadline=None)
@given(mime=st.binary(max_size=300))
def test_any_bytes_can_be_read_as_a_message(mime: bytes) -> None:
    assert read.read_message(mime).keys() == {"text", "html", "headers", "attachments"}
    read.contains_test_virus(mime)
