"""The bucket for large content: who reaches it, and how long it keeps an object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.settings import Settings, SettingsError
from tests.infra.synthesis import SynthesisedStack, as_list, synthesise, text

BUCKET = "AWS::S3::Bucket"


def _expiry_days(stack: SynthesisedStack) -> dict[str, int]:
    rules = stack.only(BUCKET)["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    return {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules}


def _s3_permissions(stack: SynthesisedStack, role: str) -> set[tuple[str, str]]:
    (bucket,) = stack.of_type(BUCKET)
    return {
        (action, text(resource).replace(f"${{{bucket}}}", "<bucket>"))
        for statement in stack.statements(role)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action.startswith("s3:")
    }


def test_the_bucket_is_private(stack: SynthesisedStack) -> None:
    properties = stack.only(BUCKET)

    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_bucket_is_encrypted(stack: SynthesisedStack) -> None:
    (rule,) = stack.only(BUCKET)["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_bucket_refuses_requests_without_tls(stack: SynthesisedStack) -> None:
    (bucket,) = stack.of_type(BUCKET)
    policy = stack.only("AWS::S3::BucketPolicy")

    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Bucket"] == {"Ref": bucket}
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {text(r).partition("}")[2] for r in statement["Resource"]} == {"", "/*"}


def test_a_deleted_object_leaves_no_version(stack: SynthesisedStack) -> None:
    assert "VersioningConfiguration" not in stack.only(BUCKET)


def test_queued_content_outlives_the_queue_and_dead_letters(stack: SynthesisedStack) -> None:
    _, queue = stack.find("AWS::SQS::Queue", "SendQueue")
    _, dead_letters = stack.find("AWS::SQS::Queue", "SendDeadLetters")

    seconds = queue["MessageRetentionPeriod"] + dead_letters["MessageRetentionPeriod"]

    assert _expiry_days(stack)["queued/"] * 86_400 > seconds
    assert _expiry_days(stack)["scheduled/"] * 86_400 > 365 * 86_400 + seconds


def test_uploads_are_deleted_after_a_day(stack: SynthesisedStack) -> None:
    assert _expiry_days(stack)["uploads/"] == 1


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStack:
    """The stack of a stage that keeps messages."""
    return synthesise(tmp_path_factory.mktemp("keeping"), content_retention_days=7)


def test_kept_messages_are_deleted_after_their_days(keeping: SynthesisedStack) -> None:
    assert _expiry_days(keeping)["kept/"] == 7


def test_what_was_kept_is_deleted_when_it_is_switched_off(stack: SynthesisedStack) -> None:
    assert _expiry_days(stack)["kept/"] == 1


def test_send_role_reaches_kept_messages_only_when_on(
    stack: SynthesisedStack, keeping: SynthesisedStack
) -> None:
    off, on = (_s3_permissions(each, "SendEmailRole") for each in (stack, keeping))

    assert on - off == {
        ("s3:GetObject", "<bucket>/kept/*"),
        ("s3:PutObject", "<bucket>/kept/*"),
        ("s3:DeleteObject", "<bucket>/kept/*"),
    }
    assert off <= on
    assert _s3_permissions(keeping, "TrackEventsRole") == set()


def test_only_the_bucket_the_role_and_the_function_change(
    stack: SynthesisedStack, keeping: SynthesisedStack
) -> None:
    changed = {
        keeping.resources[name]["Type"]
        for name in keeping.resources
        if stack.resources.get(name) != keeping.resources[name]
    }

    assert keeping.resources.keys() == stack.resources.keys()
    assert changed == {BUCKET, "AWS::IAM::Policy", "AWS::Lambda::Function"}


def test_function_knows_the_days_only_when_on(
    stack: SynthesisedStack, keeping: SynthesisedStack
) -> None:
    off, on = (
        each.find("AWS::Lambda::Function", "SendEmailFunction")[1]["Environment"]["Variables"]
        for each in (stack, keeping)
    )

    assert {name: on[name] for name in on.keys() - off.keys()} == {"CONTENT_RETENTION_DAYS": "7"}


@pytest.mark.parametrize("days", ["-1", "366", "1.5", "a week", ""])
def test_days_of_kept_messages_are_checked(days: str) -> None:
    with pytest.raises(SettingsError, match="content_retention_days must be"):
        Settings.from_context({"content_retention_days": days})


def test_kept_message_does_not_outlive_its_record() -> None:
    with pytest.raises(SettingsError, match="at most retention_days, 30, got 31"):
        Settings.from_context({"content_retention_days": "31"})


def test_the_bucket_is_retained_with_the_queues(stack: SynthesisedStack) -> None:
    (bucket,) = stack.of_type(BUCKET)

    assert stack.resources[bucket]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert stack.resources[bucket]["UpdateReplacePolicy"] == "Retain"


def test_send_role_is_limited_to_its_prefixes(stack: SynthesisedStack) -> None:
    assert _s3_permissions(stack, "SendEmailRole") == {
        ("s3:GetObject", "<bucket>/queued/*"),
        ("s3:GetObject", "<bucket>/scheduled/*"),
        ("s3:GetObject", "<bucket>/uploads/*"),
        ("s3:PutObject", "<bucket>/queued/*"),
        ("s3:PutObject", "<bucket>/scheduled/*"),
        ("s3:PutObject", "<bucket>/uploads/*"),
        ("s3:DeleteObject", "<bucket>/queued/*"),
        ("s3:DeleteObject", "<bucket>/scheduled/*"),
        ("s3:ListBucket", "<bucket>"),
    }


def test_tracking_role_does_not_reach_the_bucket(stack: SynthesisedStack) -> None:
    assert _s3_permissions(stack, "TrackEventsRole") == set()


def test_other_buckets_are_read_only_by_their_prefix(
    stack: SynthesisedStack, tmp_path: Path
) -> None:
    other = synthesise(tmp_path, attachment_buckets=("reports", "archive/2026/"))

    more = _s3_permissions(other, "SendEmailRole") - _s3_permissions(stack, "SendEmailRole")

    assert more == {
        ("s3:GetObject", "arn:${AWS::Partition}:s3:::reports/*"),
        ("s3:ListBucket", "arn:${AWS::Partition}:s3:::reports"),
        ("s3:GetObject", "arn:${AWS::Partition}:s3:::archive/2026/*"),
        ("s3:ListBucket", "arn:${AWS::Partition}:s3:::archive"),
    }


@pytest.mark.parametrize("name", ["*", "reports/*", "Reports", "s3://reports", "a", "re ports"])
def test_setting_names_real_buckets(name: str) -> None:
    context: dict[str, Any] = {"attachment_buckets": name}

    with pytest.raises(SettingsError, match="attachment_buckets must be names of buckets"):
        Settings.from_context(context)
