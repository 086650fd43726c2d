"""SES's events: from the configuration set by SNS and SQS to the tracking function."""

from pathlib import Path

from tests.infra.synthesis import SynthesisedStack, synthesise, target, text

ALL_KINDS = {
    "send", "delivery", "bounce", "complaint", "reject",
    "open", "click", "renderingFailure", "deliveryDelay", "subscription",
}  # fmt: skip


def test_all_ten_kinds_of_events_are_published_to_the_topic(stack: SynthesisedStack) -> None:
    destination = stack.only("AWS::SES::ConfigurationSetEventDestination")["EventDestination"]

    assert set(destination["MatchingEventTypes"]) == ALL_KINDS
    assert destination["Enabled"] is True
    assert stack.resources[target(destination["SnsDestination"]["TopicARN"])]["Type"] == (
        "AWS::SNS::Topic"
    )


def test_opens_and_clicks_can_be_left_untracked(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, track_opens=False, track_clicks=False)

    destination = stack.only("AWS::SES::ConfigurationSetEventDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == ALL_KINDS - {"open", "click"}


def test_only_ses_may_publish_for_this_account_and_this_configuration_set(
    stack: SynthesisedStack,
) -> None:
    policy = stack.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    (allowed,) = [s for s in policy if s["Effect"] == "Allow"]
    equal = allowed["Condition"]["StringEquals"]

    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert equal["AWS:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert text(equal["AWS:SourceArn"]).endswith(
        ":${AWS::AccountId}:configuration-set/${TrackedConfigurationSet" + _set_id(stack) + "}"
    )


def _set_id(stack: SynthesisedStack) -> str:
    (name,) = stack.of_type("AWS::SES::ConfigurationSet")
    return name.removeprefix("TrackedConfigurationSet")


def test_the_topic_refuses_plain_http(stack: SynthesisedStack) -> None:
    policy = stack.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    (denied,) = [s for s in policy if s["Effect"] == "Deny"]

    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_destination_waits_for_the_policy_that_its_test_message_needs(
    stack: SynthesisedStack,
) -> None:
    (policy,) = stack.of_type("AWS::SNS::TopicPolicy")
    (destination,) = stack.of_type("AWS::SES::ConfigurationSetEventDestination")

    assert policy in stack.resources[destination]["DependsOn"]


def test_an_event_that_sns_cannot_deliver_goes_to_its_own_dead_letter_queue(
    stack: SynthesisedStack,
) -> None:
    subscription = stack.only("AWS::SNS::Subscription")

    assert target(subscription["Endpoint"]).startswith("EventsQueue")
    assert target(subscription["RedrivePolicy"]["deadLetterTargetArn"]).startswith(
        "EventsUndelivered"
    )
    assert subscription["RawMessageDelivery"] is True


def test_the_configuration_set_requires_tls_and_suppresses_bounces_and_complaints(
    stack: SynthesisedStack,
) -> None:
    properties = stack.only("AWS::SES::ConfigurationSet")

    assert properties["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert set(properties["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
    assert properties["ReputationOptions"]["ReputationMetricsEnabled"] is True
