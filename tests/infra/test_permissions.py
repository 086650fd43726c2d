"""The permissions of the functions' roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from amsdal_mail.tracking import parse_notification
from email_store.dynamodb.metrics import DynamoDBMetricsStore
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.metrics import Measures, add_up
from infra.sending_identity import SEND_ACTIONS, SUPPRESSION_ACTIONS
from tests.email_table import HASHES
from tests.infra.synthesis import SynthesisedStack, as_list, synthesise, text
from tests.sample_events import load, names
from track_events.service import Tracker

ROLES = ["SendEmailRole", "TrackEventsRole"]
OBJECTS = (
    ":template/*", "/queued/*", "/uploads/*", "/scheduled/*", ":schedule/AmsdalMail-dev/*",
)  # fmt: skip
"""Resources that get their names after the deployment."""
XRAY = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def _resources_of(stack: SynthesisedStack, role: str, service: str) -> set[str]:
    return {
        text(resource)
        for statement in stack.statements(role)
        if any(action.startswith(f"{service}:") for action in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"])
    }


def _actions_of(stack: SynthesisedStack, role: str, service: str) -> set[str]:
    return {
        action.removeprefix(f"{service}:")
        for statement in stack.statements(role)
        for action in as_list(statement["Action"])
        if action.startswith(f"{service}:")
    }


def test_send_permission_is_limited_to_its_resources(
    stack: SynthesisedStack,
) -> None:
    resources = _resources_of(stack, "SendEmailRole", "ses")

    (configuration_set,) = stack.of_type("AWS::SES::ConfigurationSet")
    ses = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    assert resources == {
        f"{ses}identity/example.com",
        f"{ses}configuration-set/${{{configuration_set}}}",
        f"{ses}template/*",
        "*",  # the actions on the suppression list have no resource types
    }


def test_send_role_has_exactly_the_ses_actions_it_uses(
    stack: SynthesisedStack,
) -> None:
    actions = _actions_of(stack, "SendEmailRole", "ses")

    assert {f"ses:{action}" for action in actions} == {*SEND_ACTIONS, *SUPPRESSION_ACTIONS}


def test_other_identities_are_permitted_by_name(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, other_identities=("me@example.org",))

    resources = _resources_of(stack, "SendEmailRole", "ses")

    assert any(r.endswith(":identity/me@example.org") for r in resources)


@pytest.mark.parametrize("role", ROLES)
def test_wildcards_only_where_aws_has_no_arn(stack: SynthesisedStack, role: str) -> None:
    for statement in stack.statements(role):
        actions = set(as_list(statement["Action"]))
        resources = [text(resource) for resource in as_list(statement["Resource"])]

        assert not any("*" in action for action in actions)
        if actions <= XRAY | set(SUPPRESSION_ACTIONS):
            assert resources == ["*"]
        else:
            starred = [r for r in resources if "*" in r and not r.endswith(OBJECTS)]
            assert not starred


@pytest.mark.parametrize("role", ROLES)
def test_role_has_no_managed_policy(stack: SynthesisedStack, role: str) -> None:
    _, properties = stack.find("AWS::IAM::Role", role)

    assert "ManagedPolicyArns" not in properties
    assert [s["Principal"] for s in properties["AssumeRolePolicyDocument"]["Statement"]] == [
        {"Service": "lambda.amazonaws.com"}
    ]


def test_tracking_role_cannot_send(
    stack: SynthesisedStack,
) -> None:
    actions = {a for s in stack.statements("TrackEventsRole") for a in as_list(s["Action"])}

    assert not [a for a in actions if a.startswith("ses:")]
    assert "sqs:SendMessage" not in actions
    assert "events:PutEvents" in actions


@pytest.mark.parametrize(
    ("role", "calls"),
    [
        (
            "SendEmailRole",
            {"BatchGetItem", "Query", "PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem"},
        ),
        ("TrackEventsRole", {"BatchGetItem", "PutItem", "UpdateItem"}),
    ],
)
def test_role_has_exactly_its_actions_on_the_table(
    stack: SynthesisedStack, role: str, calls: set[str]
) -> None:
    (table,) = stack.of_type("AWS::DynamoDB::GlobalTable")

    assert _actions_of(stack, role, "dynamodb") == calls
    indexes = {f"${{{table}}}/index/{name}" for name in ("by_recipient", "by_time")}
    allowed = {f"${{{table}}}"} | (indexes if role == "SendEmailRole" else set())
    assert _resources_of(stack, role, "dynamodb") == allowed


def test_the_indexes_can_only_be_queried(stack: SynthesisedStack) -> None:
    actions = {
        tuple(as_list(statement["Action"]))
        for statement in stack.statements("SendEmailRole")
        if any("/index/" in text(resource) for resource in as_list(statement["Resource"]))
    }

    assert actions == {("dynamodb:Query",)}


def test_tracking_uses_exactly_its_actions_on_the_table(
    stack: SynthesisedStack,
) -> None:
    calls: set[str] = set()

    class Client:
        """Records the operations. The table is empty."""

        def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
            calls.add("".join(word.capitalize() for word in operation.split("_")))
            return lambda **_params: {"Responses": {}}

    store = DynamoDBEmailStore(Client(), "table", timedelta(days=30), HASHES)  # type: ignore[arg-type]
    tracker = Tracker(store, Mock(), lambda: datetime.now(UTC))
    measures: Measures = []
    for name in names("ses"):
        tracker.track(parse_notification(load(name)), Counter(), measures=measures)
    DynamoDBMetricsStore(Client(), "table").count_metrics(add_up(measures))  # type: ignore[arg-type]
    assert measures

    assert calls == _actions_of(stack, "TrackEventsRole", "dynamodb")


def test_send_role_deletes_only_people_and_suppressions(
    stack: SynthesisedStack,
) -> None:
    (statement,) = [
        s for s in stack.statements("SendEmailRole") if s["Action"] == "dynamodb:DeleteItem"
    ]

    assert statement["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SUPPRESSION#*", "EMAIL#*"]}
    }
