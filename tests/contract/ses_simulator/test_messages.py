"""Accepted messages: their MIME, their events, and simulated events."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest
from aiobotocore.session import get_session

from tests.contract.ses_simulator.running import SENDER, SIMPLE, Simulator, raw, to


def test_a_simple_message_is_kept_as_mime(simulator: Simulator) -> None:
    attachment = {
        "RawContent": b"%PDF",
        "FileName": "a.pdf",
        "ContentType": "application/pdf",
        "ContentDisposition": "INLINE",
        "ContentId": "pdf",
    }
    content = {
        **SIMPLE["Simple"],
        "Body": {"Text": {"Data": "täxt"}, "Html": {"Data": "<b>h</b>"}},
        "Headers": [{"Name": "X-Order", "Value": "1"}],
        "Attachments": [attachment],
    }

    message_id = simulator.send(
        Content={"Simple": content},
        Destination={
            "ToAddresses": ["a@b.c"],
            "CcAddresses": ["C <c@b.c>"],
            "BccAddresses": ["d@b.c"],
        },
        EmailTags=[{"Name": "email_id", "Value": "e1"}],
        ConfigurationSetName="set",
    )

    kept = simulator.settled(message_id)
    assert (kept["subject"], kept["text"].strip(), kept["html"].strip()) == (
        "Grüße",
        "täxt",
        "<b>h</b>",
    )
    assert kept["destinations"] == ["a@b.c", "c@b.c", "d@b.c"]
    assert kept["tags"] == {"email_id": ["e1"]}
    assert kept["configuration_set"] == "set"
    assert kept["attachments"][0]["filename"] == "a.pdf"
    assert {"name": "X-Order", "value": "1"} in kept["headers"]
    with urllib.request.urlopen(f"{simulator.url}/_local/messages/{message_id}/raw") as response:
        mime = response.read()
    assert mime.isascii()
    assert b"d@b.c" not in mime


def test_raw_message_goes_to_the_recipients_of_its_headers(simulator: Simulator) -> None:
    content = raw(
        "From: a@example.com\r\nTo: X <x@y.z>\r\nBcc: w@y.z\r\nSubject: s\r\n\r\nhello\r\n"
    )
    response = simulator.call("send_email", Content=content)

    kept = simulator.kept(response["MessageId"])
    assert (kept["destinations"], kept["text"]) == (["x@y.z", "w@y.z"], "hello\r\n")


FEEDBACK = {
    "bounce": ({"kind": "bounce"}, "Bounce", "BOUNCE"),
    "full mailbox": ({"kind": "bounce", "bounce": "mailboxfull"}, "Bounce", None),
    "complaint": ({"kind": "complaint"}, "Complaint", "COMPLAINT"),
    "not spam": ({"kind": "complaint", "complaint": "not-spam"}, "Complaint", None),
    "delay": ({"kind": "delay"}, "DeliveryDelay", None),
    "open": ({"kind": "open"}, "Open", None),
    "click": ({"kind": "click", "link": "https://x"}, "Click", None),
    "unsubscribe": ({"kind": "unsubscribe"}, "Subscription", None),
}


@pytest.mark.parametrize(("body", "kind", "reason"), FEEDBACK.values(), ids=FEEDBACK.keys())
def test_event_can_be_simulated(
    simulator: Simulator, body: dict[str, Any], kind: str, reason: str | None
) -> None:
    message_id = simulator.send()
    simulator.settled(message_id)

    simulator.control("POST", f"/messages/{message_id}/events", body)

    events = simulator.settled(message_id)["events"]
    assert [row["event"]["eventType"] for row in events] == ["Send", "Delivery", kind]
    listed = simulator.call("list_suppressed_destinations")["SuppressedDestinationSummaries"]
    assert [row["Reason"] for row in listed] == ([reason] if reason else [])


async def test_async_client_gets_the_same_responses(simulator: Simulator) -> None:
    opening: Any = get_session().create_client(
        "sesv2",
        "us-east-1",
        endpoint_url=simulator.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )

    async with opening as ses:
        response = await ses.send_email(
            FromEmailAddress=SENDER, Destination=to("ann@example.net"), Content=SIMPLE
        )
        with pytest.raises(ses.exceptions.NotFoundException):
            await ses.get_email_template(TemplateName="none")

    assert simulator.kept(response["MessageId"])["destinations"] == ["ann@example.net"]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"kind": "sneeze"}, 400, "kind"),
        ({"kind": "open", "colour": "red"}, 400, "colour"),
        ({"kind": "bounce", "recipient": "x@y.z"}, 400, "x@y.z is not a recipient"),
    ],
)
def test_invalid_feedback_names_its_field(
    simulator: Simulator, body: dict[str, Any], status: int, text: str
) -> None:
    message_id = simulator.send()

    with pytest.raises(urllib.error.HTTPError) as refused:
        simulator.control("POST", f"/messages/{message_id}/events", body)

    with refused.value as response:
        assert response.code == status
        assert text in response.read().decode()


def test_a_message_that_is_not_kept_is_not_found(simulator: Simulator) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        simulator.kept("none")

    with refused.value as response:
        assert response.code == 404
