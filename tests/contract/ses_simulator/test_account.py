"""Suppression list, quota and identities."""

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
    one = simulator.call("get_suppressed_destination", EmailAddress="a@b.c")
    assert one["SuppressedDestination"]["Reason"] == "BOUNCE"
    simulator.call("delete_suppressed_destination", EmailAddress="a@b.c")
    assert simulator.refusal("get_suppressed_destination", EmailAddress="a@b.c") == (
        404,
        "NotFoundException",
        "Email address a@b.c does not exist on your suppression list.",
    )


def test_the_account_tells_quota_rate_and_use(simulator: Simulator) -> None:
    simulator.switch(max_send_rate=14, max_24_hour_send=50_000)
    simulator.send()

    quota = simulator.call("get_account")["SendQuota"]

    assert quota == {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 1.0}


def test_a_created_identity_may_send(simulator: Simulator) -> None:
    simulator.switch(identities=[])
    assert simulator.refusal()[1] == "MessageRejected"

    simulator.call("create_email_identity", EmailIdentity="example.com")

    assert simulator.send()
    assert simulator.call("get_email_identity", EmailIdentity="example.com")
    assert len(simulator.call("list_email_identities")["EmailIdentities"]) == 1
    simulator.call("delete_email_identity", EmailIdentity="example.com")
    assert simulator.refusal("get_email_identity", EmailIdentity="example.com")[0] == 404
