"""What each function's role may do, and nothing more."""

from pathlib import Path

import pytest

from infra.sending_identity import SEND_ACTIONS, SUPPRESSION_ACTIONS
from tests.infra.synthesis import SynthesisedStack, as_list, synthesise, text

ROLES = ["SendEmailRole", "TrackEventsRole"]
XRAY = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def _resources_of(stack: SynthesisedStack, role: str, service: str) -> set[str]:
    return {
        text(resource)
        for statement in stack.statements(role)
        if any(action.startswith(f"{service}:") for action in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"])
    }


def test_sending_is_limited_to_identity_configuration_set_and_templates(
    stack: SynthesisedStack,
) -> None:
    resources = _resources_of(stack, "SendEmailRole", "ses")

    (configuration_set,) = stack.of_type("AWS::SES::ConfigurationSet")
    ses = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    assert resources == {
        f"{ses}identity/example.com",
        f"{ses}configuration-set/${{{configuration_set}}}",
        f"{ses}template/*",
        "*",  # the suppression list's calls: AWS has no ARN for them
    }


def test_the_send_role_may_send_in_every_way_the_library_sends_and_do_nothing_else_in_ses(
    stack: SynthesisedStack,
) -> None:
    actions = {
        action
        for statement in stack.statements("SendEmailRole")
        for action in as_list(statement["Action"])
        if action.startswith("ses:")
    }

    assert actions == {*SEND_ACTIONS, *SUPPRESSION_ACTIONS}


def test_recipients_verified_for_the_sandbox_are_added_by_name(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, other_identities=("me@example.org",))

    resources = _resources_of(stack, "SendEmailRole", "ses")

    assert any(r.endswith(":identity/me@example.org") for r in resources)


@pytest.mark.parametrize("role", ROLES)
def test_no_action_or_resource_is_a_wildcard_but_those_that_aws_gives_no_arn(
    stack: SynthesisedStack, role: str
) -> None:
    for statement in stack.statements(role):
        actions = set(as_list(statement["Action"]))
        resources = [text(resource) for resource in as_list(statement["Resource"])]

        assert not any("*" in action for action in actions)
        if actions <= XRAY | set(SUPPRESSION_ACTIONS):
            assert resources == ["*"]
        else:
            starred = [r for r in resources if "*" in r and not r.endswith(":template/*")]
            assert not starred


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_managed_policy(stack: SynthesisedStack, role: str) -> None:
    _, properties = stack.find("AWS::IAM::Role", role)

    assert "ManagedPolicyArns" not in properties
    assert [s["Principal"] for s in properties["AssumeRolePolicyDocument"]["Statement"]] == [
        {"Service": "lambda.amazonaws.com"}
    ]


def test_the_tracking_role_can_neither_send_email_nor_put_on_the_send_queue(
    stack: SynthesisedStack,
) -> None:
    actions = {a for s in stack.statements("TrackEventsRole") for a in as_list(s["Action"])}

    assert not [a for a in actions if a.startswith("ses:")]
    assert "sqs:SendMessage" not in actions
    assert "events:PutEvents" in actions


@pytest.mark.parametrize(
    ("role", "calls"),
    [
        ("SendEmailRole", {"BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"}),
        ("TrackEventsRole", {"BatchGetItem", "PutItem"}),
    ],
)
def test_a_role_may_do_to_the_table_what_its_function_does_and_nothing_else(
    stack: SynthesisedStack, role: str, calls: set[str]
) -> None:
    actions = {
        action.removeprefix("dynamodb:")
        for statement in stack.statements(role)
        for action in as_list(statement["Action"])
        if action.startswith("dynamodb:")
    }
    (table,) = stack.of_type("AWS::DynamoDB::GlobalTable")

    assert actions == calls
    assert _resources_of(stack, role, "dynamodb") == {f"${{{table}}}"}


def test_the_send_role_deletes_nothing_but_entries_of_the_suppression_list(
    stack: SynthesisedStack,
) -> None:
    (statement,) = [
        s for s in stack.statements("SendEmailRole") if s["Action"] == "dynamodb:DeleteItem"
    ]

    assert statement["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SUPPRESSION#*"]}
    }
