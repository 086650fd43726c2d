"""The DNS records of a sending domain: written to Route 53, or told as stack outputs."""

from typing import NamedTuple

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.settings import Settings

_TTL_SECONDS = "1800"


class DnsRecord(NamedTuple):
    """One record, its value as Route 53 and zone files spell it."""

    label: str
    type: str
    name: str
    value: str


def dns_records(
    settings: Settings, region: str, identity: ses.EmailIdentity | None
) -> list[DnsRecord]:
    """List what the sender's zone has to hold, for a domain identity that the stack creates."""
    records = []
    if identity and settings.sender_is_domain:
        # The local AWS knows no DKIM token: asking for one fails the deployment there.
        records += [] if settings.local else _dkim(identity)
        records += _mail_from(settings.mail_from_domain, region)
        records += _dmarc(settings)
    if settings.tracking_domain:
        target = f"r.{region}.awstrack.me"
        records.append(DnsRecord("Tracking", "CNAME", settings.tracking_domain, target))
    return records


def _dkim(identity: ses.EmailIdentity) -> list[DnsRecord]:
    return [
        DnsRecord(f"Dkim{number}", "CNAME", record.name, record.value)
        for number, record in enumerate(identity.dkim_records, start=1)
    ]


def _mail_from(domain: str, region: str) -> list[DnsRecord]:
    return [
        DnsRecord("MailFromMx", "MX", domain, f"10 feedback-smtp.{region}.amazonses.com"),
        DnsRecord("MailFromSpf", "TXT", domain, '"v=spf1 include:amazonses.com ~all"'),
    ]


def _dmarc(settings: Settings) -> list[DnsRecord]:
    if settings.dmarc_policy == "off":
        return []
    policy = f'"v=DMARC1; p={settings.dmarc_policy};"'
    return [DnsRecord("Dmarc", "TXT", f"_dmarc.{settings.sender}", policy)]


def write_to_zone(scope: Construct, zone_id: str, records: list[DnsRecord]) -> None:
    """Write the records to the Route 53 zone; one that is there already fails the deployment."""
    for record in records:
        route53.CfnRecordSet(
            scope,
            f"{record.label}Record",
            hosted_zone_id=zone_id,
            name=record.name,
            type=record.type,
            ttl=_TTL_SECONDS,
            resource_records=[record.value],
        )


def tell_as_outputs(stack: Stack, records: list[DnsRecord]) -> None:
    """Put each record into an output `Dns<label>`, for a person to enter where the zone lives."""
    for record in records:
        CfnOutput(stack, f"Dns{record.label}", value=f"{record.name} {record.type} {record.value}")
