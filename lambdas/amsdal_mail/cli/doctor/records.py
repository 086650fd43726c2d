"""What DNS records mean: SPF (RFC 7208), DMARC (RFC 9989) and the CNAME records of Easy DKIM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "SPF_RECORD",
    "dkim_records",
    "dmarc_policy",
    "missing_aliases",
    "parents",
    "spf_fault",
]

SPF_RECORD = "v=spf1 include:amazonses.com ~all"
"""https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""
SES_MECHANISM = re.compile(r"[+]?include:amazonses\.com\.?", re.IGNORECASE)
TAG = re.compile(r"\s*([a-z]+)\s*=\s*(.*?)\s*", re.IGNORECASE)
POLICIES = frozenset({"none", "quarantine", "reject"})
MOST_PARENTS = 8
"""The names that a mailbox asks for a policy: https://www.rfc-editor.org/rfc/rfc9989#section-4.10"""


def spf_fault(texts: Sequence[str]) -> str | None:
    """Return what is wrong with the SPF record among the texts of a name, None if nothing is."""
    records = [text for text in texts if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if not records:
        return "has no SPF record"
    if len(records) > 1:
        return f"has {len(records)} SPF records: mailboxes then take it for an error"
    terms = records[0].split()[1:]
    words = [term.lower() for term in terms]
    ends = next((at for at, word in enumerate(words) if word.lstrip("+-~?") == "all"), len(words))
    if not any(SES_MECHANISM.fullmatch(term) for term in terms[:ends]):
        return f"has an SPF record without include:amazonses.com: {records[0][:200]}"
    if ends < len(words) and words[ends] in {"all", "+all"}:
        return "has an SPF record that lets everybody send (+all)"
    return None


def dmarc_policy(record: str, *, is_parent: bool) -> str | None:
    """Return the policy of a DMARC record, None if it is broken.

    The record of a parent domain may have a policy of its own for subdomains. Without any policy,
    mailboxes take `none`.
    """
    pairs = [TAG.fullmatch(part) for part in record.split(";") if part.strip()]
    if not all(pairs):
        return None
    tags = {pair[1].lower(): pair[2].lower() for pair in pairs if pair}
    policy = tags.get("p", "none")
    if is_parent:
        policy = tags.get("sp", policy)
    return policy if policy in POLICIES else None


def parents(domain: str) -> Iterator[str]:
    """Yield the domain and its parents that may have a DMARC record, but no top-level domain."""
    labels = domain.split(".")
    yield domain
    first = max(1, len(labels) - MOST_PARENTS + 1)
    for at in range(first, len(labels) - 1):
        yield ".".join(labels[at:])


def dkim_records(domain: str, tokens: Sequence[str], zone: str) -> dict[str, str]:
    """Return the CNAME records of Easy DKIM by their names.

    https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
    """
    return {f"{token}._domainkey.{domain}": f"{token}.{zone}" for token in tokens}


def missing_aliases(records: Mapping[str, str], found: Mapping[str, str | None]) -> dict[str, str]:
    """Return the records that the DNS does not have, or has otherwise."""
    return {name: target for name, target in records.items() if found.get(name) != target.lower()}
