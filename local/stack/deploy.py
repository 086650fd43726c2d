"""The stack of `infra/` deployed into a running MiniStack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.stack import cdk, ministack_workarounds
from local.stack.clients import client
from local.terminal.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.terminal.progress import Say

# Whatever cdk.json says of the stack on AWS: calls here are signed by IAM, and the zone, the people
# and the sender of that one are left alone.
OWN = {
    "stage": "dev",
    "sender": "example.com",
    **dict.fromkeys(
        ("hosted_zone_id", "hosted_zone_name", "jwt_issuer", "jwt_audience", "alert_email"), ""
    ),
}
# An account out of the SES sandbox: with the default of 1 recipient a second everybody would wait.
# An environment is a process that MiniStack unpacks the asset for: ten of them at once take long.
CONTEXT = {**OWN, "local": "true", "max_send_rate": "20", "max_concurrency": "2"}


def deploy(endpoint: str, context: Mapping[str, str], *, run_dir: Path, to: Say) -> dict[str, str]:
    """Bootstrap, deploy with `context` over that of the local AWS, and return the outputs."""
    with step("bootstrap the account (cdk bootstrap)", to=to):
        cdk.bootstrap(endpoint, run_dir=run_dir)
    with step("deploy the stack (cdk deploy)", to=to):
        outputs = cdk.deploy(endpoint, run_dir=run_dir, context={**CONTEXT, **context})
        apply_fixups(endpoint, run_dir=run_dir)
    return outputs


def apply_fixups(endpoint: str, *, run_dir: Path) -> None:
    """Do again what the templates of this run ask for and MiniStack ignored."""
    clients = {name: client(name, endpoint) for name in ("dynamodb", "lambda")}
    cloudformation = client("cloudformation", endpoint)
    for path in sorted(cdk.assembly_dir(run_dir).glob("*.template.json")):
        stack = path.name.removesuffix(".template.json")
        for fixup in ministack_workarounds.find(json.loads(path.read_text())):
            found = cloudformation.describe_stack_resource(
                StackName=stack, LogicalResourceId=fixup.logical_id
            )
            fixup.apply(clients, found["StackResourceDetail"]["PhysicalResourceId"])
