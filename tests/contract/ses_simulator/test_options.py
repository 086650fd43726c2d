"""The options of a send call beside its content and recipients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.ses_simulator.running import SENDER, Simulator, to

OWN_ARN = "arn:aws:ses:us-east-1:000000000000:identity/example.com"
FOREIGN_ARN = "arn:aws:ses:us-east-1:111122223333:identity/example.org"
INLINE = {"TemplateContent": {"Subject": "s", "Text": "t"}, "TemplateData": "{}"}
OPTIONS: dict[str, Any] = {
    "FromEmailAddressIdentityArn": OWN_ARN,
    "FeedbackForwardingEmailAddress": "bounces@example.com",
    "TenantName": "acme",
    "ConfigurationOverrides": {"Tracking": {"OpenTrackingEnabled": "DISABLED"}},
}
STORED = {"identity_arn": OWN_ARN, "return_path": "bounces@example.com", "tenant": "acme"}


def send_bulk(simulator: Simulator, **options: Any) -> str:
    response = simulator.call(
        "send_bulk_email",
        FromEmailAddress=SENDER,
        DefaultContent={"Template": INLINE},
        BulkEmailEntries=[{"Destination": to("ann@example.net")}],
        **options,
    )
    return str(response["BulkEmailEntryResults"][0]["MessageId"])


@pytest.mark.parametrize("bulk", [False, True], ids=["single", "bulk"])
def test_options_are_kept_with_the_message(simulator: Simulator, bulk: bool) -> None:
    message_id = send_bulk(simulator, **OPTIONS) if bulk else simulator.send(**OPTIONS)

    kept = simulator.settled(message_id)
    assert {name: kept[name] for name in STORED} == STORED
    mail = kept["events"][0]["event"]["mail"]
    assert mail["tags"]["ses:tenant-name"] == ["acme"]


def test_a_bad_option_has_an_error_of_the_model(simulator: Simulator) -> None:
    tracking = {"Tracking": {"OpenTrackingEnabled": "off"}}

    status, code, text = simulator.refusal(ConfigurationOverrides=tracking)

    assert (status, code) == (400, "BadRequestException")
    assert "configurationOverrides.tracking.openTrackingEnabled" in text


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"FeedbackForwardingEmailAddress": "a b@example.com"}, "control or whitespace"),
        ({"FeedbackForwardingEmailAddress": "A <a@example.com>"}, "without a display name"),
        ({"FromEmailAddressIdentityArn": "example.com"}, "Invalid identity ARN <example.com>"),
    ],
    ids=["bad address", "display name", "no arn"],
)
def test_an_invalid_option_is_refused(
    simulator: Simulator, option: dict[str, Any], text: str
) -> None:
    status, code, message = simulator.refusal(**option)

    assert (status, code) == (400, "BadRequestException")
    assert text in message


def test_the_return_path_must_be_verified(simulator: Simulator) -> None:
    status, code, text = simulator.refusal(FeedbackForwardingEmailAddress="bounces@example.org")

    assert (status, code) == (400, "MessageRejected")
    assert text.endswith("US-EAST-1: bounces@example.org")


def test_another_account_can_lend_its_identity(simulator: Simulator) -> None:
    sender = {"FromEmailAddress": "ann@example.org"}

    assert simulator.send(**sender, FromEmailAddressIdentityArn=FOREIGN_ARN)
    refusal = simulator.refusal(**sender, FromEmailAddressIdentityArn=OWN_ARN)
    assert refusal[1] == "MessageRejected"
