"""The SES configuration set."""

from __future__ import annotations

from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.settings import Settings

__all__ = ["create_configuration_set"]


def create_configuration_set(scope: Construct, settings: Settings) -> ses.ConfigurationSet:
    """Create a configuration set that requires TLS and fills the suppression list of SES."""
    return ses.ConfigurationSet(
        scope,
        "ConfigurationSet",
        configuration_set_name=settings.stack_name,
        reputation_metrics=True,
        sending_enabled=True,
        tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
        suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    )
