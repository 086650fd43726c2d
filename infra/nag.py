"""Acknowledgements of cdk-nag's findings, each with its reason beside the construct."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

__all__ = ["acknowledge"]


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept a finding of AwsSolutions, such as `L1`, on a construct and on its children."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
    )
