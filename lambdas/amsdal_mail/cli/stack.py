"""Stage: a deployed stack with its outputs, and the caller's credentials for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.errors import CommandError, ExitCode

if TYPE_CHECKING:
    import boto3

__all__ = ["STACK_PREFIX", "Stage", "StageError", "with_outputs"]

STACK_PREFIX = "AmsdalMail-"
NOT_FOUND = "does not exist"
"""CloudFormation's words about an unknown stack. Its code is that of any wrong parameter.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""
WITHOUT_STACK = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


class StageError(CommandError):
    """The stage was not found, or it cannot be used as it is."""

    def __init__(self, message: str, cure: str = "", *, is_usage: bool = False) -> None:
        super().__init__(message, cure)
        if is_usage:
            self.exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Stage:
    """A deployed stack: the outputs by name, and a session with the caller's credentials."""

    name: str
    region: str
    stack_name: str
    outputs: Mapping[str, str]
    session: boto3.Session = field(repr=False)
    endpoint_url: str | None = None
    """The endpoint of the AWS services in a local AWS; None on AWS."""
    is_local: bool = False
    profile: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Services of a local AWS with an endpoint of their own: `sesv2` is the SES simulator."""

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client.

        Raises:
            BotoCoreError: the SDK finds no credentials or no region.
        """
        # boto3 takes up to 0.3 seconds to load: a command for help must not.
        from botocore.config import Config

        retries: Any = {"mode": "standard", "total_max_attempts": 4}
        config = Config(retries=retries, connect_timeout=5, read_timeout=30)
        if self.is_local:
            config = config.merge(Config(proxies={}))
        return self.session.client(
            service,  # type: ignore[call-overload]  # the stubs have an overload for each service
            region_name=region or self.region,
            endpoint_url=self.endpoints.get(service, self.endpoint_url),
            config=config,
        )

    def output(self, name: str) -> str:
        """Return an output of the stack.

        Raises:
            StageError: the stack has no such output: it is of an earlier version.
        """
        if name not in self.outputs:
            raise StageError(
                f"The stack {self.stack_name} has no output {name}.",
                "It is of an earlier version: deploy the stage again.",
            )
        return self.outputs[name]


def with_outputs(stage: Stage) -> Stage:
    """Return the stage with the outputs of its stack.

    Raises:
        StageError: there is no such stack, or it has no outputs.
    """
    from botocore.exceptions import ClientError

    cloudformation = stage.client("cloudformation")
    try:
        (stack,) = cloudformation.describe_stacks(StackName=stage.stack_name)["Stacks"]
    except ClientError as error:
        if NOT_FOUND not in str(error):
            raise
        raise StageError(
            f"There is no stage {stage.name} in {stage.region}: no stack {stage.stack_name}.",
            _other_stages(cloudformation),
        ) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    if not outputs:
        raise StageError(
            f"The stack {stage.stack_name} has no outputs: its state is {stack['StackStatus']}.",
            "Deploy it first.",
        )
    return replace(stage, outputs=outputs)


def _other_stages(cloudformation: Any) -> str:
    """Return a sentence with the stages that there are, as far as the caller may see them."""
    from botocore.exceptions import BotoCoreError, ClientError

    names = []
    try:
        for page in cloudformation.get_paginator("list_stacks").paginate():
            names += [
                stack["StackName"].removeprefix(STACK_PREFIX)
                for stack in page["StackSummaries"]
                if stack["StackName"].startswith(STACK_PREFIX)
                and stack["StackStatus"] not in WITHOUT_STACK
            ]
    except (ClientError, BotoCoreError):
        return "Check --stage, --region and --profile."
    if not names:
        return "This region of the account has none: check --region and --profile, or deploy it."
    return f"The stages here: {', '.join(sorted(set(names)))}. Check --stage, --region, --profile."
