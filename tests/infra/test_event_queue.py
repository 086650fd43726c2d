"""The paths of SES's events: event destination, SNS topic, queue, tracking function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.infra.synthesis import SynthesisedStack, synthesise, target, text

ENGAGEMENTS = {"open", "click"}
OTHER_TYPES = {
    "send", "delivery", "bounce", "complaint", "reject",
    "renderingFailure", "deliveryDelay", "subscription",
}  # fmt: skip
PATHS = ["Events", "Engagements"]
DESTINATION = "AWS::SES::ConfigurationSetEventDestination"


@pytest.mark.parametrize(
    ("path", "types"), [("Events", OTHER_TYPES), ("Engagements", ENGAGEMENTS)], ids=PATHS
)
def test_each_path_has_its_own_event_types(
    stack: SynthesisedStack, path: str, types: set[str]
) -> None:
    _, properties = stack.find(DESTINATION, path)
    destination = properties["EventDestination"]

    assert set(destination["MatchingEventTypes"]) == types
    assert destination["Enabled"] is True
    assert target(destination["SnsDestination"]["TopicARN"]).startswith(f"{path}Topic")


@pytest.mark.parametrize(
    ("settings", "types"),
    [
        ({"track_opens": False}, [{"click"}]),
        ({"track_clicks": False}, [{"open"}]),
        ({"track_opens": False, "track_clicks": False}, []),
    ],
    ids=["no_opens", "no_clicks", "neither"],
)
def test_tracking_of_opens_and_clicks_can_be_off(
    tmp_path: Path, settings: dict[str, bool], types: list[set[str]]
) -> None:
    stack = synthesise(tmp_path, **settings)

    destinations = {
        name: set(properties["EventDestination"]["MatchingEventTypes"])
        for name, properties in stack.of_type(DESTINATION).items()
    }

    assert [t for name, t in destinations.items() if name.startswith("Engagements")] == types
    assert [t for name, t in destinations.items() if name.startswith("Events")] == [OTHER_TYPES]


@pytest.mark.parametrize("path", PATHS)
def test_event_goes_to_the_queue_of_its_path(stack: SynthesisedStack, path: str) -> None:
    subscription = _of_topic(stack, "AWS::SNS::Subscription", path)

    assert target(subscription["Endpoint"]).startswith(f"{path}Queue")
    assert target(subscription["RedrivePolicy"]["deadLetterTargetArn"]).startswith(
        f"{path}Undelivered"
    )
    assert subscription["RawMessageDelivery"] is True


@pytest.mark.parametrize("path", PATHS)
def test_tracking_function_reads_each_queue_by_itself(stack: SynthesisedStack, path: str) -> None:
    (mapping,) = (
        mapping
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        if target(mapping["EventSourceArn"]).startswith(f"{path}Queue")
    )

    assert target(mapping["FunctionName"]).startswith("TrackEventsFunction")
    # Without a limit, a flood of opens could take all environments of the account.
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}


@pytest.mark.parametrize("path", PATHS)
def test_only_ses_may_publish_for_this_configuration_set(
    stack: SynthesisedStack, path: str
) -> None:
    (allowed,) = _topic_statements(stack, path, "Allow")
    equal = allowed["Condition"]["StringEquals"]
    (configuration_set,) = stack.of_type("AWS::SES::ConfigurationSet")

    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert equal["AWS:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert text(equal["AWS:SourceArn"]).endswith(
        ":${AWS::AccountId}:configuration-set/${" + configuration_set + "}"
    )


@pytest.mark.parametrize("path", PATHS)
def test_topic_denies_plain_http(stack: SynthesisedStack, path: str) -> None:
    (denied,) = _topic_statements(stack, path, "Deny")

    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("path", PATHS)
def test_destination_depends_on_the_topic_policy(stack: SynthesisedStack, path: str) -> None:
    policy, _ = stack.find("AWS::SNS::TopicPolicy", path)
    destination, _ = stack.find(DESTINATION, path)

    assert policy in stack.resources[destination]["DependsOn"]


def _of_topic(stack: SynthesisedStack, resource_type: str, path: str) -> dict[str, Any]:
    (properties,) = (
        properties
        for properties in stack.of_type(resource_type).values()
        if target(properties["TopicArn"]).startswith(f"{path}Topic")
    )
    return properties


def _topic_statements(stack: SynthesisedStack, path: str, effect: str) -> list[dict[str, Any]]:
    _, policy = stack.find("AWS::SNS::TopicPolicy", path)
    return [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == effect]
