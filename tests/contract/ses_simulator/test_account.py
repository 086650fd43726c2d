"""Suppression list, quota and identities."""

from __future__ import annotations

from typing import Any

from tests.contract.ses_simulator.running import Simulator


def test_a_suppressed_address_is_accepted_and_bounces(simulator: Simulator) -> None:
    simulator.call("put_suppressed_destination", EmailAddress="gone@example.net", Reason="BOUNCE")

    kept = simulator.settled(simulator.send("gone@example.net", ConfigurationSetName="set"))

    send, bounce = [row["event"] for row in kept["events"]]
    assert send["eventType"] == "Send"
    assert bounce["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    text = bounce["bounce"]["bouncedRecipients"][0]["diagnosticCode"]
    assert text.startswith(
        "Amazon SES did not send the message to this address because it is on the suppression "
        "list for your account."
    )


def test_the_suppression_list_can_be_read_and_changed(simulator: Simulator) -> None:
    for address, reason in (("a@b.c", "BOUNCE"), ("b@b.c", "COMPLAINT")):
        simulator.call("put_suppressed_destination", EmailAddress=address, Reason=reason)

    first = simulator.call("list_suppressed_destinations", PageSize=1)
    second = simulator.call("list_suppressed_destinations", NextToken=first["NextToken"])
    complaints = simulator.call("list_suppressed_destinations", Reasons=["COMPLAINT"])

    assert len(first["SuppressedDestinationSummaries"]) == 1
    assert second["SuppressedDestinationSummaries"][0]["EmailAddress"] == "b@b.c"
    assert len(complaints["SuppressedDestinationSummaries"]) == 1
    entry = simulator.call("get_suppressed_destination", EmailAddress="a@b.c")
    assert entry["SuppressedDestination"]["Reason"] == "BOUNCE"
    simulator.call("delete_suppressed_destination", EmailAddress="a@b.c")
    assert simulator.refusal("get_suppressed_destination", EmailAddress="a@b.c") == (
        404,
        "NotFoundException",
        "Email address a@b.c does not exist on your suppression list.",
    )


def test_account_returns_quota_rate_and_use(simulator: Simulator) -> None:
    simulator.switch(max_send_rate=14, max_24_hour_send=50_000)
    simulator.send()

    quota = simulator.call("get_account")["SendQuota"]

    assert quota == {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 1.0}


def test_a_created_identity_may_send(simulator: Simulator) -> None:
    sender = {"FromEmailAddress": "news@example.org"}
    assert simulator.refusal(**sender)[1] == "MessageRejected"

    simulator.call("create_email_identity", EmailIdentity="example.org")

    assert simulator.send(**sender)
    assert simulator.call("get_email_identity", EmailIdentity="example.org")
    assert names(simulator.call("list_email_identities")) == ["example.com", "example.org"]
    simulator.call("delete_email_identity", EmailIdentity="example.org")
    assert simulator.refusal("get_email_identity", EmailIdentity="example.org")[0] == 404


def test_default_set_of_the_identity_is_used(
    simulator: Simulator,
) -> None:
    simulator.call("create_email_identity", EmailIdentity="example.com", ConfigurationSetName="set")

    kept = simulator.kept(simulator.send())

    assert kept["configuration_set"] == "set"
    identity = simulator.call("get_email_identity", EmailIdentity="example.com")
    assert identity["ConfigurationSetName"] == "set"


def test_missing_default_set_is_a_bad_request(
    simulator: Simulator,
) -> None:
    identity = {"EmailIdentity": "orders@example.com"}
    simulator.call("create_email_identity", **identity)
    default = "put_email_identity_configuration_set_attributes"
    simulator.call(default, **identity, ConfigurationSetName="gone")

    assert simulator.refusal() == (
        400,
        "BadRequestException",
        "Configuration set <gone> does not exist.",
    )
    assert simulator.send(ConfigurationSetName="set")
    simulator.call(default, **identity)
    assert simulator.kept(simulator.send())["configuration_set"] is None


def test_calls_that_do_not_send_have_their_own_rate(simulator: Simulator) -> None:
    simulator.switch(api_rate=1)

    simulator.call("get_account")
    refusal = simulator.refusal("get_account")

    assert refusal[:2] == (429, "TooManyRequestsException")
    assert simulator.call("list_email_templates") == {"TemplatesMetadata": []}
    assert simulator.send()


def test_identities_are_filtered_and_listed_in_pages(simulator: Simulator) -> None:
    for name in ("ann@example.com", "ben@example.com"):
        simulator.call("create_email_identity", EmailIdentity=name)

    addresses = simulator.call("list_email_identities", Filter={"IDENTITY_TYPE": "EMAIL_ADDRESS"})
    named = simulator.call("list_email_identities", Filter={"IDENTITY_NAME_CONTAINS": "ben"})
    first = simulator.call("list_email_identities", PageSize=2)
    second = simulator.call("list_email_identities", NextToken=first["NextToken"])

    assert names(addresses) == ["ann@example.com", "ben@example.com"]
    assert names(named) == ["ben@example.com"]
    assert [*names(first), *names(second)] == ["ann@example.com", "ben@example.com", "example.com"]


def names(listed: dict[str, Any]) -> list[str]:
    return [row["IdentityName"] for row in listed["EmailIdentities"]]


def test_identity_shows_its_dkim_tokens(simulator: Simulator) -> None:
    simulator.call("create_email_identity", EmailIdentity="example.org")

    dkim = simulator.call("get_email_identity", EmailIdentity="example.org")["DkimAttributes"]
    assert (dkim["SigningEnabled"], dkim["Status"]) == (True, "SUCCESS")
    assert len({token for token in dkim["Tokens"] if len(token) == 32}) == 3

    simulator.call(
        "put_email_identity_dkim_attributes", EmailIdentity="example.org", SigningEnabled=False
    )
    simulator.switch(dkim={"example.org": "FAILED"})
    dkim = simulator.call("get_email_identity", EmailIdentity="example.org")["DkimAttributes"]
    assert (dkim["SigningEnabled"], dkim["Status"]) == (False, "FAILED")


def test_mail_from_domain_can_be_set_and_can_fail(simulator: Simulator) -> None:
    simulator.call("create_email_identity", EmailIdentity="example.org")
    identity = {"EmailIdentity": "example.org"}
    assert "MailFromAttributes" not in simulator.call("get_email_identity", **identity)

    simulator.call(
        "put_email_identity_mail_from_attributes",
        **identity,
        MailFromDomain="mail.example.org",
        BehaviorOnMxFailure="REJECT_MESSAGE",
    )
    simulator.switch(mail_from={"example.org": "FAILED"})

    assert simulator.call("get_email_identity", **identity)["MailFromAttributes"] == {
        "MailFromDomain": "mail.example.org",
        "MailFromDomainStatus": "FAILED",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }


def test_account_tells_its_plan_and_a_review(simulator: Simulator) -> None:
    simulator.switch(plan="ESSENTIALS", review=True)

    account = simulator.call("get_account")

    assert account["PricingAttributes"] == {"CurrentPlan": "ESSENTIALS"}
    assert account["EnforcementStatus"] == "PROBATION"


def test_configuration_set_can_be_read(simulator: Simulator) -> None:
    assert simulator.call("get_configuration_set", ConfigurationSetName="set")
    simulator.switch(paused={"configuration_sets": ["set"]})

    found = simulator.call("get_configuration_set", ConfigurationSetName="set")

    assert found["SendingOptions"] == {"SendingEnabled": False}
    assert simulator.refusal("get_configuration_set", ConfigurationSetName="other")[:2] == (
        404,
        "NotFoundException",
    )
