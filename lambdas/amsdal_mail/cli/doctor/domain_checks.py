"""Checks of the sending domain: its identity at SES, and the DNS records that mailboxes look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from amsdal_mail.cli.doctor.findings import Finding, NotCheckedError, fail, ok, skip, warn
from amsdal_mail.cli.doctor.records import (
    SPF_RECORD,
    dkim_records,
    dmarc_policy,
    missing_aliases,
    parents,
    spf_fault,
)

if TYPE_CHECKING:
    from amsdal_mail.cli.doctor.facts import Answer, Facts

__all__ = ["dkim", "dmarc", "identity", "mail_from", "mail_from_mx", "spf"]

SUCCESS = "SUCCESS"
DEFAULT_ZONE = "dkim.amazonses.com"


def identity(facts: Facts) -> Finding:
    """Check that the identities may send."""
    sender, *others = facts.identities
    found = _identity(facts, sender)
    if found is None:
        return fail(
            f"SES in {facts.stage.region} has no identity {sender}",
            f"aws sesv2 create-email-identity --email-identity {sender}",
        )
    if not found.get("VerifiedForSendingStatus"):
        return _unverified(facts, sender, found)
    if not others:
        return ok(f"{sender} is verified")
    return _others(facts, sender, others)


def dkim(facts: Facts) -> Finding:
    """Check that SES signs mail of the domain."""
    sender = facts.identities[0]
    found = _signing_identity(facts)
    if found is None:
        return fail(
            f"only the address {sender} is verified, so no mail of it is signed by its domain",
            f"verify the domain: aws sesv2 create-email-identity --email-identity {facts.domain}",
        )
    attributes = found.get("DkimAttributes") or {}
    status = attributes.get("Status", "NOT_STARTED")
    if status != SUCCESS:
        records = _dkim_records(facts, attributes)
        cure = _enter(_not_there(facts, records)) if records else _new_tokens(facts.domain)
        return fail(f"the DKIM status of {facts.domain} is {status}", cure)
    if not attributes.get("SigningEnabled"):
        return fail(
            f"{facts.domain} has DKIM records, and SES does not sign with them",
            "aws sesv2 put-email-identity-dkim-attributes --signing-enabled"
            f" --email-identity {facts.domain}",
        )
    length = attributes.get("CurrentSigningKeyLength", "")
    if length == "RSA_1024_BIT":
        return warn(
            f"SES signs mail of {facts.domain} with a key of 1024 bits",
            "aws sesv2 put-email-identity-dkim-signing-attributes"
            f" --email-identity {facts.domain} --signing-attributes-origin AWS_SES"
            " --signing-attributes NextSigningKeyLength=RSA_2048_BIT",
        )
    return ok(f"SES signs mail of {facts.domain}")


def mail_from(facts: Facts) -> Finding:
    """Check that the envelope sender is of the domain, so that SPF is aligned with it."""
    name = _mail_from_domain(facts)
    if not name and _signing_identity(facts) is None:
        return skip(f"the domain {facts.domain} is not an identity, so it has no MAIL FROM domain")
    if not name:
        return warn(
            f"{facts.domain} has no MAIL FROM domain: SPF passes for amazonses.com, and is not"
            " aligned with the domain for DMARC",
            "aws sesv2 put-email-identity-mail-from-attributes"
            f" --email-identity {facts.domain} --mail-from-domain mail.{facts.domain}",
        )
    attributes = (_signing_identity(facts) or {}).get("MailFromAttributes") or {}
    status = attributes.get("MailFromDomainStatus", "PENDING")
    if status == SUCCESS:
        return ok(f"{name} is the MAIL FROM domain")
    rejects = attributes.get("BehaviorOnMxFailure") == "REJECT_MESSAGE"
    meanwhile = "rejects all mail" if rejects else "sends from amazonses.com"
    cure = _enter([f"{name} MX {_exchange(facts)}"])
    if status == "FAILED":
        # SES looks for 72 hours: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
        cure += (
            "; then start again: aws sesv2 put-email-identity-mail-from-attributes"
            f" --email-identity {facts.domain} --mail-from-domain {name}"
        )
    return fail(f"the status of the MAIL FROM domain {name} is {status}: SES {meanwhile}", cure)


def mail_from_mx(facts: Facts) -> Finding:
    """Check that the bounces of other servers reach SES."""
    name = _mail_from_domain(facts)
    if not name:
        return skip("there is no MAIL FROM domain")
    expected = _exchange(facts)
    found = list(facts.name_server.exchanges(name))
    if len(found) == 1 and found[0].partition(" ")[2] == expected.partition(" ")[2]:
        return ok(f"{name} MX {found[0]}")
    # SES wants exactly one MX record: https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
    said = f"has {', '.join(found)}" if found else "has no MX record"
    return fail(f"{name} {said}", _enter([f"{name} MX {expected}"], instead=bool(found)))


def spf(facts: Facts) -> Finding:
    """Check that SES may send for the MAIL FROM domain, as mailboxes see it."""
    name = _mail_from_domain(facts)
    if not name:
        return skip("there is no MAIL FROM domain: the SPF record of amazonses.com counts")
    texts = facts.name_server.texts(name)
    if fault := spf_fault(texts):
        is_there = any(text.lower().startswith("v=spf1") for text in texts)
        return fail(f"{name} {fault}", _enter([f'{name} TXT "{SPF_RECORD}"'], instead=is_there))
    return ok(f"{name} lets SES send")


def dmarc(facts: Facts) -> Finding:
    """Check that mailboxes know what to do with mail that only claims to be of the domain."""
    domain = facts.domain
    record = f'_dmarc.{domain} TXT "v=DMARC1; p=none;"'
    for name in parents(domain):
        texts = [
            text
            for text in facts.name_server.texts(f"_dmarc.{name}")
            if text.replace(" ", "").lower().startswith("v=dmarc1")
        ]
        if len(texts) > 1:
            return fail(
                f"_dmarc.{name} has {len(texts)} DMARC records: mailboxes then use none",
                "leave one of them",
            )
        if texts:
            policy = dmarc_policy(texts[0], is_parent=name != domain)
            where = "" if name == domain else f", of {name}"
            if policy is None:
                return fail(
                    f"the DMARC record of _dmarc.{name} is broken: {texts[0][:200]}",
                    _enter([f'_dmarc.{name} TXT "v=DMARC1; p=none;"'], instead=True),
                )
            if policy == "none":
                return ok(f"{domain} has the DMARC policy none{where}: mailboxes only report")
            return ok(f"{domain} has the DMARC policy {policy}{where}")
    return fail(
        f"{domain} has no DMARC record: Gmail, Yahoo and Outlook refuse mail in bulk without one",
        _enter([record]),
    )


def _identity(facts: Facts, name: str) -> Answer | None:
    try:
        return facts.identity(name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise


def _signing_identity(facts: Facts) -> Answer | None:
    """Return the identity of the domain, None where only the address is verified."""
    return _identity(facts, facts.domain)


def _unverified(facts: Facts, sender: str, found: Answer) -> Finding:
    status = found.get("VerificationStatus", "PENDING")
    error = (found.get("VerificationInfo") or {}).get("ErrorType")
    message = f"{sender} is not verified ({status}{f', {error}' if error else ''})"
    if "@" in sender:
        return fail(f"{message}: SES refuses its mail", f"click the link that SES sent to {sender}")
    records = _dkim_records(facts, found.get("DkimAttributes") or {})
    cure = _enter(_not_there(facts, records)) if records else _new_tokens(sender)
    return fail(f"{message}: SES refuses its mail", cure)


def _others(facts: Facts, sender: str, others: list[str]) -> Finding:
    waiting = [
        name
        for name in others
        if not (_identity(facts, name) or {}).get("VerifiedForSendingStatus")
    ]
    if waiting:
        return warn(
            f"{sender} is verified; of other_identities, these are not: {', '.join(waiting)}",
            f"aws sesv2 get-email-identity --email-identity {waiting[0]}",
        )
    return ok(f"{sender} and {len(others)} more are verified")


def _mail_from_domain(facts: Facts) -> str:
    found = _signing_identity(facts) or {}
    return str((found.get("MailFromAttributes") or {}).get("MailFromDomain") or "")


def _exchange(facts: Facts) -> str:
    return f"10 feedback-smtp.{facts.stage.region}.amazonses.com"


def _dkim_records(facts: Facts, attributes: Answer) -> dict[str, str]:
    if attributes.get("SigningAttributesOrigin") == "EXTERNAL":
        return {}
    zone = attributes.get("SigningHostedZone") or DEFAULT_ZONE
    return dkim_records(facts.domain, attributes.get("Tokens") or (), zone)


def _not_there(facts: Facts, records: dict[str, str]) -> list[str]:
    """Return the records that the DNS does not have; all of them where it cannot be asked."""
    try:
        found = {name: facts.name_server.alias(name) for name in records}
    except NotCheckedError:
        found = {}
    missing = missing_aliases(records, found)
    return [f"{name} CNAME {target}" for name, target in (missing or records).items()]


def _new_tokens(domain: str) -> str:
    return (
        "aws sesv2 put-email-identity-dkim-signing-attributes"
        f" --email-identity {domain} --signing-attributes-origin AWS_SES"
    )


def _enter(records: list[str], *, instead: bool = False) -> str:
    first = f"enter at the DNS provider{' instead' if instead else ''}:"
    return f"{first} {records[0]}" if len(records) == 1 else "\n  ".join([first, *records])
