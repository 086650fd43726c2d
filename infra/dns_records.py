"""The DNS records of a sending domain, written to Route 53 or shown as stack outputs."""

from __future__ import annotations

from typing import NamedTuple

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.settings import Settings

__all__ = ["publish_dns_records"]

TTL_SECONDS = "1800"


class _DNSRecord(NamedTuple):
    """A record, with its value as Route 53 and zone files write it."""

    label: str
    type: str
    name: str
    value: str


def publish_dns_records(
    scope: Construct, settings: Settings, identity: ses.EmailIdentity | None
) -> None:
    """Write the records to the hosted zone, or show them as outputs if no zone is set.

    Args:
        identity: the identity that the stack creates, or None.
    """
    records = _dns_records(settings, Stack.of(scope).region, identity)
    if settings.hosted_zone_id:
        _write_to_zone(scope, settings.hosted_zone_id, records)
    else:
        _output_records(Stack.of(scope), records)


def _dns_records(
    settings: Settings, region: str, identity: ses.EmailIdentity | None
) -> list[_DNSRecord]:
    records = []
    if identity and settings.sender_is_domain:
        # The local AWS has no DKIM tokens: a reference to a token fails the deployment there.
        records += [] if settings.local else _dkim(identity)
        records += _mail_from(settings.mail_from_domain, region)
        records += _dmarc(settings)
    return records


def _dkim(identity: ses.EmailIdentity) -> list[_DNSRecord]:
    return [
        _DNSRecord(f"Dkim{number}", "CNAME", record.name, record.value)
        for number, record in enumerate(identity.dkim_records, start=1)
    ]


def _mail_from(domain: str, region: str) -> list[_DNSRecord]:
    return [
        _DNSRecord("MailFromMx", "MX", domain, f"10 feedback-smtp.{region}.amazonses.com"),
        _DNSRecord("MailFromSpf", "TXT", domain, '"v=spf1 include:amazonses.com ~all"'),
    ]


def _dmarc(settings: Settings) -> list[_DNSRecord]:
    if settings.dmarc_policy == "off":
        return []
    policy = f'"v=DMARC1; p={settings.dmarc_policy};"'
    return [_DNSRecord("Dmarc", "TXT", f"_dmarc.{settings.sender}", policy)]


def _write_to_zone(scope: Construct, zone_id: str, records: list[_DNSRecord]) -> None:
    # A record that exists already fails the deployment, so that none is overwritten.
    for record in records:
        route53.CfnRecordSet(
            scope,
            f"{record.label}Record",
            hosted_zone_id=zone_id,
            name=record.name,
            type=record.type,
            ttl=TTL_SECONDS,
            resource_records=[record.value],
        )


def _output_records(stack: Stack, records: list[_DNSRecord]) -> None:
    for record in records:
        CfnOutput(stack, f"Dns{record.label}", value=f"{record.name} {record.type} {record.value}")
