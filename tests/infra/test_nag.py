"""cdk-nag runs at synthesis: a finding fails it, and no variant of the stack has a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_sqs as sqs

from tests.infra.synthesis import app, build_stack

VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "local": {"local": True},
    "jwt_and_alerts": {
        "jwt_issuer": "https://login.example",
        "jwt_audience": ("mail",),
        "alert_email": "ops@example.com",
    },
    "zone": {
        "sender": "example.org",
        "hosted_zone_id": "Z1",
        "hosted_zone_name": "example.org",
    },
    "address": {"sender": "me@example.org", "other_identities": ("you@example.org",)},
    "buckets": {"attachment_buckets": ("reports", "archive/2026/")},
    "keeping": {"content_retention_days": 7},
    "x86": {"architecture": "x86_64", "python_version": "3.14", "create_identity": False},
}


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS.keys())
def test_variant_has_no_findings(tmp_path: Path, settings: dict[str, Any]) -> None:
    application = app(tmp_path / "out")
    build_stack(tmp_path, application, **settings)

    application.synth()


def test_finding_fails_the_synthesis(tmp_path: Path) -> None:
    application = app(tmp_path / "out")
    stack = build_stack(tmp_path, application)
    sqs.Queue(stack, "NoDeadLettersNoTls")

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        application.synth()

    assert "AwsSolutions-SQS3" in (tmp_path / "out" / "validation-report.json").read_text()
