"""The configuration sets of SES."""

from __future__ import annotations

from pathlib import Path

from tests.infra.synthesis import SynthesisedStack, synthesise, target


def test_configuration_set_requires_tls_and_suppresses(stack: SynthesisedStack) -> None:
    properties = stack.only("AWS::SES::ConfigurationSet")

    assert properties["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert set(properties["SuppressionOptions"]["SuppressedReasons"]) == {"BOUNCE", "COMPLAINT"}
    assert properties["ReputationOptions"]["ReputationMetricsEnabled"] is True


def test_mail_that_expires_has_a_set_with_a_short_delivery(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, expiring_delivery_seconds=600)

    sets = stack.of_type("AWS::SES::ConfigurationSet")
    (expiring,) = (name for name in sets if name.startswith("ExpiringSet"))
    (usual,) = sets.keys() - {expiring}
    assert sets[usual]["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert sets[expiring]["DeliveryOptions"] == {
        "TlsPolicy": "REQUIRE",
        "MaxDeliverySeconds": 600,
    }
    assert sets[expiring]["SuppressionOptions"] == sets[usual]["SuppressionOptions"]
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    variable = function["Environment"]["Variables"]["EXPIRING_CONFIGURATION_SET"]
    assert target(variable) == expiring


def test_both_sets_publish_the_same_events(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, expiring_delivery_seconds=600)

    published: dict[str, set[tuple[str, ...]]] = {}
    for destination in stack.of_type("AWS::SES::ConfigurationSetEventDestination").values():
        types = tuple(destination["EventDestination"]["MatchingEventTypes"])
        name = target(destination["ConfigurationSetName"])
        published.setdefault(name, set()).add(types)

    usual, expiring = published.values()
    assert usual == expiring
