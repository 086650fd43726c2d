"""A sender is accepted when a verified identity covers it."""

from __future__ import annotations

import boto3
import pytest

from tests.contract.ses_simulator.deployed import Deployed
from tests.contract.ses_simulator.running import SIMPLE, Simulator, raw, template, to

STRANGER = "Ann <ann@example.org>"
MESSAGE = "Email address is not verified. The following identities failed the check in region "


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"])
def test_only_a_verified_identity_may_send(simulator: Simulator, status: str) -> None:
    simulator.switch(identities={"example.com": status})

    assert simulator.refusal()[:2] == (400, "MessageRejected")
    identity = simulator.call("get_email_identity", EmailIdentity="example.com")
    assert identity["VerificationStatus"] == status
    assert identity["VerifiedForSendingStatus"] is False

    simulator.switch(identities={"example.com": "SUCCESS"})
    assert simulator.send()


def test_an_unknown_sender_is_not_verified(simulator: Simulator) -> None:
    assert simulator.refusal(FromEmailAddress=STRANGER) == (
        400,
        "MessageRejected",
        f"{MESSAGE}US-EAST-1: {STRANGER}",
    )


def test_any_sender_can_be_accepted(simulator: Simulator) -> None:
    simulator.switch(any_sender=True)

    assert simulator.send(FromEmailAddress=STRANGER)


def test_sandbox_checks_recipients_of_any_sender(simulator: Simulator) -> None:
    simulator.switch(any_sender=True, sandbox=True)

    assert simulator.refusal(FromEmailAddress=STRANGER) == (
        400,
        "MessageRejected",
        f"{MESSAGE}US-EAST-1: ann@example.net",
    )


@pytest.mark.parametrize(
    ("content", "action"),
    [
        (SIMPLE, "SendEmail"),
        (raw("From: Ann <ann@example.org>\r\n\r\nx"), "SendRawEmail"),
        (template(), "SendTemplatedEmail"),
    ],
    ids=["simple", "raw", "template"],
)
def test_a_function_is_denied_an_unknown_sender(
    simulator: Simulator, content: dict[str, object], action: str
) -> None:
    parts = {"Subject": "x", "Text": "x"}
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=parts)
    function = as_function(simulator)

    assert function.refusal(FromEmailAddress=STRANGER, Content=content) == (
        403,
        "AccessDeniedException",
        (
            "User `arn:aws:sts::000000000000:assumed-role/local/function' is not authorized to "
            f"perform `ses:{action}' on resource "
            "`arn:aws:ses:us-east-1:000000000000:identity/ann@example.org'"
        ),
    )
    assert function.send()


def test_a_function_is_denied_a_whole_bulk_call(simulator: Simulator) -> None:
    content = {"TemplateContent": {"Subject": "x", "Text": "x"}, "TemplateData": "{}"}

    status, code, text = as_function(simulator).refusal(
        "send_bulk_email",
        FromEmailAddress=STRANGER,
        DefaultContent={"Template": content},
        BulkEmailEntries=[{"Destination": to("ann@example.net")}],
    )

    assert (status, code) == (403, "AccessDeniedException")
    assert "`ses:SendBulkTemplatedEmail' on resource" in text


def test_identities_of_the_local_aws_may_send(deployed: Deployed) -> None:
    """A stack creates its identity there."""
    deployed.sesv2.create_email_identity(EmailIdentity="example.org")

    assert deployed.ses.send(FromEmailAddress=STRANGER)
    assert deployed.ses.refusal(FromEmailAddress="a@example.edu")[1] == "MessageRejected"


def as_function(simulator: Simulator) -> Simulator:
    """Return the simulator, called with the keys that MiniStack gives to a function."""
    function = Simulator(simulator.url)
    function.ses = boto3.Session(
        aws_access_key_id="000000000000", aws_secret_access_key="test", region_name="us-east-1"
    ).client("sesv2", endpoint_url=simulator.url)
    return function
