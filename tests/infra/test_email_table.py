"""The table: its keys, its expiry, and its protection from deletion."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import email_table
from tests.infra.synthesis import SynthesisedStack, synthesise

TABLE = "AWS::DynamoDB::GlobalTable"


def test_items_expire_by_the_attribute_of_the_store(stack: SynthesisedStack) -> None:
    properties = stack.only(TABLE)

    assert properties["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }


def test_the_keys_are_those_of_the_store(stack: SynthesisedStack) -> None:
    properties = stack.only(TABLE)
    indexes = properties["GlobalSecondaryIndexes"]

    assert _keys(properties["KeySchema"]) == ["pk", "sk"]
    assert {index["IndexName"]: _keys(index["KeySchema"]) for index in indexes} == {
        "by_recipient": ["recipient", "at"],
        "by_time": ["period", "at"],
    }
    assert all(index["Projection"] == {"ProjectionType": "KEYS_ONLY"} for index in indexes)


def _keys(schema: list[dict[str, str]]) -> list[str]:
    return [key["AttributeName"] for key in schema]


def test_the_table_can_be_restored_to_a_point_in_time(stack: SynthesisedStack) -> None:
    (replica,) = stack.only(TABLE)["Replicas"]

    assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_table_is_retained(stack: SynthesisedStack) -> None:
    (name,) = stack.of_type(TABLE)

    assert stack.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert stack.resources[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("is_protected", [False, True])
def test_protection_from_deletion_is_a_setting(tmp_path: Path, *, is_protected: bool) -> None:
    stack = synthesise(tmp_path, deletion_protection=is_protected)

    (replica,) = stack.only(TABLE)["Replicas"]
    assert replica["DeletionProtectionEnabled"] is is_protected


def test_local_table_is_not_protected(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, deletion_protection=True, local=True)

    (replica,) = stack.only(TABLE)["Replicas"]
    assert replica["DeletionProtectionEnabled"] is False


def test_failed_first_deployment_leaves_nothing_behind(stack: SynthesisedStack) -> None:
    policies = {resource.get("DeletionPolicy", "Delete") for resource in stack.resources.values()}
    (replica,) = stack.only(TABLE)["Replicas"]

    assert policies == {"Delete", "RetainExceptOnCreate"}
    # The rollback cannot delete a protected table, and ends in ROLLBACK_FAILED.
    assert replica["DeletionProtectionEnabled"] is False


def test_table_is_billed_by_request(stack: SynthesisedStack) -> None:
    assert stack.only(TABLE)["BillingMode"] == "PAY_PER_REQUEST"


def test_tests_create_the_table_of_the_template(stack: SynthesisedStack) -> None:
    properties = stack.only(TABLE)

    assert {name: properties[name] for name in email_table.TABLE} == email_table.TABLE
