"""Deployment of the stack of `infra/` into a running MiniStack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.stack import cdk, ministack_workarounds
from local.stack.clients import client
from local.terminal.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.terminal.progress import Printer

__all__ = ["RESET_SETTINGS", "apply_workarounds", "deploy"]

RESET_SETTINGS = {
    "stage": "dev",
    "sender": "example.com",
    "create_identity": "true",
    **dict.fromkeys(
        (
            "other_identities", "hosted_zone_id", "hosted_zone_name", "jwt_issuer", "jwt_audience",
            "alert_email", "attachment_buckets",
        ),
        "",
    ),
}  # fmt: skip
"""Settings that cdk.json may have for the stack on AWS, set back to their defaults.

Calls to the local AWS are signed by IAM. It has no hosted zone, mails no alarms, and its identities
are those that the stack creates: the SES simulator accepts no other sender."""
LOCAL_SETTINGS = {
    **RESET_SETTINGS,
    "local": "true",
    "max_send_rate": "20",
    "max_concurrency": "2",
}
"""The rate is above that of the SES sandbox, which is 1 email a second
(https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html). The concurrency is low
because MiniStack unpacks the asset for each worker."""


def deploy(
    endpoint: str, settings: Mapping[str, str], *, run_dir: Path, output: Printer
) -> dict[str, str]:
    """Bootstrap, deploy with `settings` over LOCAL_SETTINGS, and return the stack's outputs."""
    with step("bootstrap the account (cdk bootstrap)", output=output):
        cdk.bootstrap(endpoint, run_dir=run_dir)
    with step("deploy the stack (cdk deploy)", output=output):
        outputs = cdk.deploy(endpoint, run_dir=run_dir, context={**LOCAL_SETTINGS, **settings})
        apply_workarounds(endpoint, run_dir=run_dir)
    return outputs


def apply_workarounds(endpoint: str, *, run_dir: Path) -> None:
    """Set by API calls the properties that MiniStack ignored in the templates of this run."""
    clients = {name: client(name, endpoint) for name in ("dynamodb", "lambda")}
    cloudformation = client("cloudformation", endpoint)
    for path in sorted(cdk.assembly_dir(run_dir).glob("*.template.json")):
        stack = path.name.removesuffix(".template.json")
        for workaround in ministack_workarounds.find(json.loads(path.read_text())):
            resource = cloudformation.describe_stack_resource(
                StackName=stack, LogicalResourceId=workaround.logical_id
            )
            workaround.apply(clients, resource["StackResourceDetail"]["PhysicalResourceId"])
