"""The stack of `infra/` deployed into a running MiniStack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local import cdk, fixups
from local.clients import client
from local.steps import step

if TYPE_CHECKING:
    from pathlib import Path

    from local.steps import Say

# An account out of the SES sandbox: with the default of 1 recipient a second everybody would wait.
# The rate also sets how many environments of a function run at once. Each is a process that
# MiniStack unpacks the asset for: at 20 a second two a function, at 100 ten, which takes longer.
CONTEXT = {"local": "true", "max_send_rate": "20"}


def deploy(endpoint: str, *, run_dir: Path, to: Say) -> dict[str, str]:
    """Bootstrap, deploy, and return the stack's outputs."""
    with step("bootstrap the account (cdk bootstrap)", to=to):
        cdk.bootstrap(endpoint, run_dir=run_dir)
    with step("deploy the stack (cdk deploy)", to=to):
        outputs = cdk.deploy(endpoint, run_dir=run_dir, context=CONTEXT)
        apply_fixups(endpoint, run_dir=run_dir)
    return outputs


def apply_fixups(endpoint: str, *, run_dir: Path) -> None:
    """Do again what the templates of this run ask for and MiniStack ignored."""
    clients = {name: client(name, endpoint) for name in ("dynamodb", "lambda")}
    cloudformation = client("cloudformation", endpoint)
    for path in sorted(cdk.assembly_dir(run_dir).glob("*.template.json")):
        stack = path.name.removesuffix(".template.json")
        for fixup in fixups.find(json.loads(path.read_text())):
            found = cloudformation.describe_stack_resource(
                StackName=stack, LogicalResourceId=fixup.logical_id
            )
            fixup.apply(clients, found["StackResourceDetail"]["PhysicalResourceId"])
