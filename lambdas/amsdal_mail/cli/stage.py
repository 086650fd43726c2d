"""Finds a stage by its name: its stack in CloudFormation, or the one in a local AWS."""

from __future__ import annotations

import os
import re

from amsdal_mail.cli.local_stage import LOCAL, find_local_stage
from amsdal_mail.cli.stack import STACK_PREFIX, Stage, StageError, with_outputs

__all__ = ["DEFAULT_STAGE", "Stage", "StageError", "find_stage"]

DEFAULT_STAGE = "dev"
"""The stage of a deployment that names none."""
STAGE_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
REGION_NAME = re.compile(r"[a-z]{2}(-[a-z0-9]+){1,4}")


def find_stage(name: str, profile: str | None = None, region: str | None = None) -> Stage:
    """Return the stage, with the outputs that CloudFormation has for its stack.

    `local`, or `local:4800` with the port of MiniStack, is what `make local` runs.

    Raises:
        StageError: there is no such stack, or it has no outputs.
        ClientError, BotoCoreError: AWS refused the call, or it was not reached.
    """
    if name == LOCAL or name.startswith(f"{LOCAL}:"):
        return find_local_stage(name)
    if not STAGE_NAME.fullmatch(name):
        rule = "must be 1 to 20 lower-case letters, digits and '-', and start with a letter"
        raise StageError(f"--stage {rule}, or local, or local:4800.", is_usage=True)
    import boto3

    # The CDK reads AWS_REGION. boto3 does not: it reads AWS_DEFAULT_REGION and the profile.
    region = region or os.environ.get("AWS_REGION") or None
    if region and not REGION_NAME.fullmatch(region):
        raise StageError(
            "The region must be a name such as eu-west-1.", "See --region.", is_usage=True
        )
    session = boto3.Session(profile_name=profile, region_name=region)
    stage = Stage(
        name, session.region_name or "", f"{STACK_PREFIX}{name}", {}, session, profile=profile
    )
    if not stage.region:
        from botocore.exceptions import NoRegionError

        raise NoRegionError
    return with_outputs(stage)
