"""The identity of the sender, and its DNS records."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.synthesis import SynthesisedStack, synthesise, target, text

IDENTITY = "AWS::SES::EmailIdentity"
ZONE = {"hosted_zone_id": "Z0ABC", "hosted_zone_name": "example.org"}


def test_domain_has_easy_dkim_and_a_mail_from_domain(stack: SynthesisedStack) -> None:
    identity = stack.only(IDENTITY)

    assert identity["EmailIdentity"] == "example.com"
    assert identity["DkimSigningAttributes"] == {"NextSigningKeyLength": "RSA_2048_BIT"}
    assert identity["MailFromAttributes"] == {
        "MailFromDomain": "mail.example.com",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }


def test_records_are_outputs_without_a_zone(stack: SynthesisedStack) -> None:
    outputs = {name: text(output["Value"]) for name, output in stack.outputs.items()}

    assert not stack.of_type("AWS::Route53::RecordSet")
    assert {"DnsDkim1", "DnsDkim2", "DnsDkim3"} <= set(outputs)
    assert outputs["DnsMailFromMx"] == (
        "mail.example.com MX 10 feedback-smtp.${AWS::Region}.amazonses.com"
    )
    assert outputs["DnsMailFromSpf"] == 'mail.example.com TXT "v=spf1 include:amazonses.com ~all"'
    assert outputs["DnsDmarc"] == '_dmarc.example.com TXT "v=DMARC1; p=none;"'


def test_records_are_written_to_the_zone(tmp_path: Path) -> None:
    stack = synthesise(
        tmp_path,
        sender="news.example.org",
        dmarc_policy="reject",
        **ZONE,
    )

    records = list(stack.of_type("AWS::Route53::RecordSet").values())
    by_name = {text(r["Name"]): r for r in records if isinstance(r["Name"], str)}

    assert {record["HostedZoneId"] for record in records} == {"Z0ABC"}
    assert sum(record["Type"] == "CNAME" for record in records) == 3
    assert by_name["_dmarc.news.example.org"]["ResourceRecords"] == ['"v=DMARC1; p=reject;"']
    assert {r["Type"] for r in records if r["Name"] == "mail.news.example.org"} == {"MX", "TXT"}
    assert not [name for name in stack.outputs if name.startswith("Dns")]


def test_dmarc_record_can_be_off(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, dmarc_policy="off")

    assert "DnsDmarc" not in stack.outputs


def test_address_has_no_dns_records(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, sender="orders@example.org")

    identity = stack.only(IDENTITY)

    assert identity == identity | {"EmailIdentity": "orders@example.org"}
    assert "MailFromAttributes" not in identity
    assert not [name for name in stack.outputs if name.startswith("Dns")]


def test_existing_identity_is_used_and_not_created(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, sender="example.org", create_identity=False)

    send = [s for s in stack.statements("SendEmailRole") if "ses:SendEmail" in s["Action"]]

    assert not stack.of_type(IDENTITY)
    assert any(text(r).endswith(":identity/example.org") for r in send[0]["Resource"])


@pytest.mark.parametrize("sender", ["example.org", "orders@example.org"])
def test_identity_is_retained(tmp_path: Path, sender: str) -> None:
    stack = synthesise(tmp_path, sender=sender)

    (identity,) = (r for r in stack.resources.values() if r["Type"] == IDENTITY)

    # A failed first deployment deletes the identity, because the next would fail on it.
    assert identity["DeletionPolicy"] == "RetainExceptOnCreate"
    assert identity["UpdateReplacePolicy"] == "Retain"


def test_mail_from_domain_has_a_name_of_choice(tmp_path: Path) -> None:
    stack = synthesise(
        tmp_path, sender="example.org", mail_from_subdomain="bounces.post", dmarc_policy="off"
    )

    outputs = {name: text(o["Value"]) for name, o in stack.outputs.items() if "MailFrom" in name}

    assert stack.only(IDENTITY)["MailFromAttributes"]["MailFromDomain"] == (
        "bounces.post.example.org"
    )
    assert {value.split()[0] for value in outputs.values()} == {"bounces.post.example.org"}


def test_tracked_links_lead_through_the_domain_of_ses(stack: SynthesisedStack) -> None:
    assert "TrackingOptions" not in stack.only("AWS::SES::ConfigurationSet")


def test_send_function_gets_the_configuration_set(stack: SynthesisedStack) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")

    configuration_set = function["Environment"]["Variables"]["AWS_SES_CONFIGURATION_SET"]

    assert stack.resources[target(configuration_set)]["Type"] == "AWS::SES::ConfigurationSet"
