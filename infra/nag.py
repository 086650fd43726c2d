"""Answers to cdk-nag: a finding that stays, with the reason beside the construct it concerns."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding of AwsSolutions, as `IAM5[Resource::*]`, on a construct and below it."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
    )
