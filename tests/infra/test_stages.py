"""Stages of one cdk.json: settings of their own, and the send rate that they share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from infra.app import build
from infra.settings import Settings, SettingsError
from infra.stages import send_rate_warning

DEV: dict[str, Any] = {"max_send_rate": 4}
PROD: dict[str, Any] = {
    "sender": "example.org",
    "max_send_rate": 10.5,
    "alert_email": "ops@example.org",
}
CONTEXT: dict[str, Any] = {"retention_days": 60, "stages": {"dev": DEV, "prod": PROD}}


def test_stage_has_its_own_settings_and_the_common_ones() -> None:
    dev, prod = (Settings.from_context({**CONTEXT, "stage": stage}) for stage in ("dev", "prod"))

    assert dev == Settings(stage="dev", retention_days=60, max_send_rate=4.0)
    assert prod == Settings(stage="prod", retention_days=60, **PROD)


def test_default_stage_needs_no_name() -> None:
    assert Settings.from_context(CONTEXT).max_send_rate == 4.0


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"stage": "pord"}, "stage must be one of dev, prod (stages), got 'pord'"),
        (
            {"stage": "prod", "max_send_rate": "5"},
            "max_send_rate must be either in stages.prod or for all stages, not both",
        ),
        ({"stages": {"dev": 1}}, "stages must be settings by stage, such as {"),
        ({"stages": "prod"}, "stages must be settings by stage, such as {"),
        ({"stages": {"dev": {"stage": "x"}}}, "stage must not be in stages.dev: it is for all"),
        (
            {"stages": {"dev": {"account_send_rate": 5}}},
            "account_send_rate must not be in stages.dev: it is for all stages",
        ),
        ({"stages": {"dev": {"sendr": "a"}}}, "sendr is not a setting (did you mean sender?)"),
        ({"stages": {"dev": {"max_send_rate": 0}}}, "max_send_rate must be between 0.1 and 10000"),
    ],
    ids=["unknown", "twice", "no_object", "text", "stage", "account", "typo", "rule"],
)
def test_invalid_stages_are_named(context: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_context(CONTEXT | context)

    (text,) = caught.value.problems
    assert text.startswith(problem)


def test_local_stack_has_no_settings_of_a_stage() -> None:
    context = {**CONTEXT, "local": "true", "stage": "dev", "max_send_rate": "20"}

    assert Settings.from_context(context).max_send_rate == 20


WARNINGS = {
    "too_much": ({"account_send_rate": 14}, "dev 4, prod 10.5. This is 14.5 recipients a second"),
    "all_of_it": ({"account_send_rate": 14.5}, None),
    "rate_of_the_account_is_not_known": ({}, "set account_send_rate, so that their sum can be"),
    "one_stage_alone": ({"account_send_rate": 1, "stages": {}, "max_send_rate": 2}, "dev 2. This"),
    "one_stage_and_no_rate": ({"stages": {"dev": DEV}}, None),
    "floats": (
        {"account_send_rate": 0.3, "stages": {"dev": {"max_send_rate": 0.1}, "prod": PROD | {"max_send_rate": 0.2}}},  # noqa: E501
        None,
    ),
    "local": ({"account_send_rate": 1, "local": True, "max_send_rate": 20}, None),
}  # fmt: skip


@pytest.mark.parametrize(("context", "warning"), WARNINGS.values(), ids=WARNINGS.keys())
def test_stages_that_claim_too_much_are_named(
    tmp_path: Path, context: dict[str, Any], warning: str | None
) -> None:
    (tmp_path / "handler.py").touch()
    app = cdk.App(context=CONTEXT | context, outdir=str(tmp_path / "out"))
    settings = Settings.from_context(CONTEXT | context)

    stack = build(app, settings, lambda_.Code.from_asset(str(tmp_path), exclude=["out"]))

    texts = [str(entry.data) for entry in stack.node.metadata if entry.type == "aws:cdk:warning"]
    found = [text for text in texts if "amsdal-mail:max_send_rate" in text]
    assert len(found) == (warning is not None)
    assert (warning or "") in "".join(found)


def test_problem_of_another_stage_names_it() -> None:
    context = {**CONTEXT, "stages": {"dev": DEV, "prod": {"max_send_rate": "fast"}}}
    settings = Settings.from_context(context)

    with pytest.raises(SettingsError, match=r"stages\.prod: max_send_rate must be a number"):
        send_rate_warning(context, settings)
