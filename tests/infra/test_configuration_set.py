"""The configuration set of SES."""

from __future__ import annotations

from tests.infra.synthesis import SynthesisedStack


def test_configuration_set_requires_tls_and_suppresses(stack: SynthesisedStack) -> None:
    properties = stack.only("AWS::SES::ConfigurationSet")

    assert properties["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert set(properties["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
    assert properties["ReputationOptions"]["ReputationMetricsEnabled"] is True
