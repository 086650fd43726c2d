"""The SES configuration sets: for all mail, and for mail that expires."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.settings import Settings

__all__ = ["create_configuration_set", "create_expiring_set"]


def create_configuration_set(scope: Construct, settings: Settings) -> ses.ConfigurationSet:
    """Create a configuration set that requires TLS and fills the suppression list of SES."""
    return _create(scope, "ConfigurationSet", settings.stack_name)


def create_expiring_set(scope: Construct, settings: Settings) -> ses.ConfigurationSet | None:
    """Create the same for mail that expires: SES stops its own retries after some minutes.

    Return None without the setting `expiring_delivery_seconds`.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DeliveryOptions.html
    """
    if not settings.expiring_delivery_seconds:
        return None
    longest = Duration.seconds(settings.expiring_delivery_seconds)
    return _create(scope, "ExpiringSet", f"{settings.stack_name}-expiring", longest)


def _create(
    scope: Construct, construct_id: str, name: str, longest: Duration | None = None
) -> ses.ConfigurationSet:
    return ses.ConfigurationSet(
        scope,
        construct_id,
        configuration_set_name=name,
        reputation_metrics=True,
        sending_enabled=True,
        tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
        suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        max_delivery_duration=longest,
    )
