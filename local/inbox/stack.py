"""The deployed stack of the local AWS, as a stage of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from pydantic import BaseModel, ConfigDict

from amsdal_mail.cli.local_stage import LOCAL_STACK
from amsdal_mail.cli.stage import Stage
from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StackAddress", "stage_of"]


class StackAddress(BaseModel):
    """The deployed stack, set by `PUT /_local/stack` after each deployment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: str
    aws_endpoint: str
    outputs: dict[str, str]


def stage_of(address: StackAddress, ses_url: str) -> Stage:
    """Return the stage, with the credentials of the local AWS."""
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION
    )
    outputs: Mapping[str, str] = {**address.outputs, "ApiUrl": address.api_url}
    return Stage(
        "local", REGION, LOCAL_STACK, outputs, session, endpoint_url=address.aws_endpoint,
        is_local=True, endpoints={"sesv2": ses_url},
    )  # fmt: skip
