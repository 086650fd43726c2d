"""The key of the suppression list: generated once, retained, and given to both functions."""

from __future__ import annotations

import pytest

from tests.infra.synthesis import SynthesisedStack, text

SECRET = "AWS::SecretsManager::Secret"


def test_the_key_is_retained_like_the_table(stack: SynthesisedStack) -> None:
    (secret,) = stack.of_type(SECRET)
    (table,) = stack.of_type("AWS::DynamoDB::GlobalTable")

    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert stack.resources[secret][policy] == stack.resources[table][policy]


def test_the_key_is_generated_as_in_the_first_release(stack: SynthesisedStack) -> None:
    """CloudFormation may make another key when this changes, and the list would be lost."""
    assert list(stack.of_type(SECRET)) == ["SuppressionKeySecret5727719F"]
    assert stack.only(SECRET)["GenerateSecretString"] == {
        "ExcludePunctuation": True,
        "PasswordLength": 64,
    }


def test_nothing_rotates_the_key(stack: SynthesisedStack) -> None:
    assert not stack.of_type("AWS::SecretsManager::RotationSchedule")


@pytest.mark.parametrize("function", ["SendEmailFunction", "TrackEventsFunction"])
def test_both_functions_get_the_key(stack: SynthesisedStack, function: str) -> None:
    _, properties = stack.find("AWS::Lambda::Function", function)
    (secret,) = stack.of_type(SECRET)

    value = text(properties["Environment"]["Variables"]["SUPPRESSION_KEY"])
    assert value == f"{{{{resolve:secretsmanager:${{{secret}}}:SecretString:::}}}}"


@pytest.mark.parametrize("role", ["SendEmailRole", "TrackEventsRole"])
def test_no_function_reads_a_secret_at_run_time(stack: SynthesisedStack, role: str) -> None:
    actions = str([statement["Action"] for statement in stack.statements(role)])

    assert "secretsmanager" not in actions
