"""The secret key of the keyed hashes of addresses, which lives as long as the table."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.nag import acknowledge

__all__ = ["SuppressionKey"]

KEY_LENGTH = 64
"""Letters and digits: more than the 256 bits that HMAC-SHA256 can use.

CloudFormation generates the key once, when it creates the secret. A change of this length, or of
any part of the template for the key, could make another one, and so lose the suppression list.
"""
NO_ROTATION_REASON = (
    "The suppression list is stored under hashes with this key. Another key would lose the list."
)


class SuppressionKey(Construct):
    """A secret that is generated, costs 0.40 $ a month, and is retained like the table.

    The functions get it as an environment variable, by a dynamic reference that CloudFormation
    resolves at a deployment. So no function waits for Secrets Manager.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html

    Args:
        retain: keep the key when the stack is deleted, but not after a failed first deployment.
    """

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            description="amsdal_mail: key of the suppression list. Do not change or rotate it.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=KEY_LENGTH, exclude_punctuation=True
            ),
            removal_policy=(
                RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else RemovalPolicy.DESTROY
            ),
        )
        acknowledge(self.secret, "SMG4", NO_ROTATION_REASON)

    @property
    def value(self) -> str:
        """The dynamic reference to the key, for the environment of a function."""
        return self.secret.secret_value.unsafe_unwrap()
