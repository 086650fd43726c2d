"""The path of SES's events: configuration set, SNS, SQS, tracking function."""

from __future__ import annotations

from pathlib import Path

from tests.infra.synthesis import SynthesisedStack, synthesise, target, text

ALL_TYPES = {
    "send", "delivery", "bounce", "complaint", "reject",
    "open", "click", "renderingFailure", "deliveryDelay", "subscription",
}  # fmt: skip


def test_all_event_types_are_published_to_the_topic(stack: SynthesisedStack) -> None:
    destination = stack.only("AWS::SES::ConfigurationSetEventDestination")["EventDestination"]

    assert set(destination["MatchingEventTypes"]) == ALL_TYPES
    assert destination["Enabled"] is True
    assert stack.resources[target(destination["SnsDestination"]["TopicARN"])]["Type"] == (
        "AWS::SNS::Topic"
    )


def test_tracking_of_opens_and_clicks_can_be_off(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, track_opens=False, track_clicks=False)

    destination = stack.only("AWS::SES::ConfigurationSetEventDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == ALL_TYPES - {"open", "click"}


def test_only_ses_may_publish_for_this_configuration_set(
    stack: SynthesisedStack,
) -> None:
    policy = stack.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    (allowed,) = [s for s in policy if s["Effect"] == "Allow"]
    equal = allowed["Condition"]["StringEquals"]
    (configuration_set,) = stack.of_type("AWS::SES::ConfigurationSet")

    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert equal["AWS:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert text(equal["AWS:SourceArn"]).endswith(
        ":${AWS::AccountId}:configuration-set/${" + configuration_set + "}"
    )


def test_topic_denies_plain_http(stack: SynthesisedStack) -> None:
    policy = stack.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    (denied,) = [s for s in policy if s["Effect"] == "Deny"]

    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_destination_depends_on_the_topic_policy(
    stack: SynthesisedStack,
) -> None:
    (policy,) = stack.of_type("AWS::SNS::TopicPolicy")
    (destination,) = stack.of_type("AWS::SES::ConfigurationSetEventDestination")

    assert policy in stack.resources[destination]["DependsOn"]


def test_undeliverable_event_goes_to_its_dead_letter_queue(
    stack: SynthesisedStack,
) -> None:
    subscription = stack.only("AWS::SNS::Subscription")

    assert target(subscription["Endpoint"]).startswith("EventsQueue")
    assert target(subscription["RedrivePolicy"]["deadLetterTargetArn"]).startswith(
        "ConfigurationSetUndeliveredEvents"
    )
    assert subscription["RawMessageDelivery"] is True


def test_configuration_set_requires_tls_and_suppresses(
    stack: SynthesisedStack,
) -> None:
    properties = stack.only("AWS::SES::ConfigurationSet")

    assert properties["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert set(properties["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
    assert properties["ReputationOptions"]["ReputationMetricsEnabled"] is True
