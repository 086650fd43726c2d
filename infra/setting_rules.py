"""The rules for the settings of a deployment: for single values, and between settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

__all__ = [
    "DEFAULT_SENDER",
    "DEFAULT_STAGE",
    "LONG_POLLING_SECONDS",
    "SECOND_DELIVERY_SECONDS",
    "TRACK_TIMEOUT_SECONDS",
    "broken_rules",
]

PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ARCHITECTURES = ("arm64", "x86_64")
DMARC_POLICIES = ("none", "quarantine", "reject", "off")
DEFAULT_SENDER = "example.com"
DEFAULT_STAGE = "dev"

TRACK_TIMEOUT_SECONDS = 30
"""The timeout of the function that stores SES's events."""

LONG_POLLING_SECONDS = 20
"""The longest wait of a poll of SQS.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
"""

SECOND_DELIVERY_SECONDS = LONG_POLLING_SECONDS + 6 * TRACK_TIMEOUT_SECONDS
"""The longest time until an SES event is delivered again after its function failed.

The batching window comes on top. SQS hides the event for six timeouts of the function.
"""

SHORTEST_RETENTION_DAYS = 18
"""An email is retried for three days, and a dead letter waits for 14."""

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})+")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.'()/-]*)?")
"""The name of a bucket, and a prefix of the keys in it, in characters that S3 calls safe.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
"""
LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")


class _Rule(NamedTuple):
    setting: str
    is_kept: Callable[..., bool]
    text: str


def _is_domain(text: str) -> bool:
    """Return whether SES accepts the text as a domain identity: ASCII, IDNA as Punycode."""
    return DOMAIN.fullmatch(text) is not None


def _is_address(text: str) -> bool:
    local_part, at, domain = text.rpartition("@")
    return bool(at) and LOCAL_PART.fullmatch(local_part) is not None and _is_domain(domain)


def _is_identity(text: str) -> bool:
    return _is_domain(text) or _is_address(text)


def _one_of(setting: str, allowed: tuple[str, ...]) -> _Rule:
    return _Rule(setting, lambda value: value in allowed, f"must be one of {', '.join(allowed)}")


def _between(setting: str, low: int, high: int) -> _Rule:
    return _Rule(setting, lambda value: low <= value <= high, f"must be between {low} and {high}")


def _optional(pattern: str) -> Callable[[str], bool]:
    return lambda value: not value or re.fullmatch(pattern, value) is not None


RULES = (
    _Rule(
        "stage",
        lambda value: re.fullmatch(r"[a-z][a-z0-9-]{0,19}", value) is not None,
        "must be 1 to 20 lower-case letters, digits and '-', and start with a letter",
    ),
    _Rule(
        "sender",
        _is_identity,
        "must be a domain or an email address, with the domain in lower case",
    ),
    _Rule(
        "other_identities",
        lambda value: all(map(_is_identity, value)),
        "must be domains or email addresses, with the domains in lower case",
    ),
    _Rule(
        "mail_from_subdomain",
        lambda value: re.fullmatch(rf"{LABEL}(\.{LABEL})*", value) is not None,
        "must be the part before the sender, such as mail: lower-case letters, digits and '-'",
    ),
    _Rule(
        "hosted_zone_id",
        _optional(r"[A-Z0-9]{1,32}"),
        "must be the id of a Route 53 hosted zone: 1 to 32 capital letters and digits",
    ),
    _Rule("hosted_zone_name", lambda value: not value or _is_domain(value), "must be a domain"),
    _one_of("dmarc_policy", DMARC_POLICIES),
    _Rule(
        "max_send_rate",
        lambda value: 0.1 <= value <= 10_000,
        "must be between 0.1 and 10000 recipients a second",
    ),
    _Rule(
        "account_send_rate",
        lambda value: value == 0 or 0.1 <= value <= 10_000,
        "must be between 0.1 and 10000 recipients a second, or 0 if it is not known",
    ),
    _Rule(
        "bulk_share",
        lambda value: 0.1 <= value <= 0.95,
        "must be between 0.1 and 0.95 of max_send_rate",
    ),
    _Rule(
        "max_concurrency",
        lambda value: value == 0 or 2 <= value <= 1000,
        "must be between 2 and 1000, or 0 to derive it from max_send_rate",
    ),
    _between("send_timeout_seconds", 6, 900),
    _between("lost_response_seconds", 6, 900),
    _between("longest_queue_delay_seconds", 1, 900),
    _Rule(
        "expiring_delivery_seconds",
        lambda value: value == 0 or 300 <= value <= 50_400,
        "must be between 300 and 50400, or 0 for SES's own time",
    ),
    _between("event_batching_window_seconds", 0, 300),
    _Rule(
        "attachment_buckets",
        lambda value: all(map(BUCKET.fullmatch, value)),
        "must be names of buckets, each with an optional prefix such as reports/2026/",
    ),
    _between("retention_days", 1, 3650),
    _between("content_retention_days", 0, 365),
    _Rule(
        "jwt_issuer",
        _optional(r"https?://[^\s?#]+"),
        "must be the URL of the issuer, without a query",
    ),
    _Rule(
        "jwt_scope_prefix",
        _optional(r"[!#-\[\]-~]{1,45}"),
        "must be at most 45 characters of ASCII, without spaces, quotes and backslashes",
    ),
    _between("api_rate_limit", 1, 10_000),
    _between("api_burst_limit", 1, 5_000),
    _Rule("alert_email", lambda value: not value or _is_address(value), "must be an email address"),
    _one_of("architecture", ARCHITECTURES),
    _one_of("python_version", PYTHON_VERSIONS),
)


def broken_rules(values: Mapping[str, object]) -> list[str]:
    """Return a text for each broken rule: the setting, the rule and the value.

    Args:
        values: the settings by name. A setting that could not be read is absent.
    """
    problems = [
        f"{rule.setting} {rule.text}, got {values[rule.setting]!r}"
        for rule in RULES
        if rule.setting in values and not rule.is_kept(values[rule.setting])
    ]
    return problems or [
        *_timeout_problems(values),
        *_tracing_problems(values),
        *_content_problems(values),
        *_aws_problems(values),
        *_zone_problems(values),
        *_jwt_problems(values),
    ]


def _timeout_problems(values: Mapping[str, object]) -> list[str]:
    timeout, wait = values.get("send_timeout_seconds"), values.get("lost_response_seconds")
    if isinstance(timeout, int) and isinstance(wait, int) and timeout > wait:
        # The lease must not end before the function that holds it.
        rule = f"must be at most lost_response_seconds, {wait}"
        return [f"send_timeout_seconds {rule}, got {timeout}"]
    return []


def _tracing_problems(values: Mapping[str, object]) -> list[str]:
    if values.get("powertools_tracer") and values.get("tracing") is False:
        return ["powertools_tracer must be false with tracing=false, got True"]
    return []


def _content_problems(values: Mapping[str, object]) -> list[str]:
    """Return the problem of a message that would outlive the record which names it."""
    days, longest = values.get("content_retention_days"), values.get("retention_days")
    if isinstance(days, int) and isinstance(longest, int) and days > longest:
        return [f"content_retention_days must be at most retention_days, {longest}, got {days}"]
    return []


def _aws_problems(values: Mapping[str, object]) -> list[str]:
    """Return the problems on AWS. A local stack may lose the emails of a test."""
    if values.get("local"):
        return []
    problems = []
    if values.get("sender") == DEFAULT_SENDER and values.get("stage") not in {None, DEFAULT_STAGE}:
        problems.append(f"sender must be your own domain or address, got {DEFAULT_SENDER!r}")
    days = values.get("retention_days")
    if isinstance(days, int) and days < SHORTEST_RETENTION_DAYS:
        reason = "an email is retried for three days, and a dead letter waits for 14"
        problems.append(
            f"retention_days must be at least {SHORTEST_RETENTION_DAYS}, got {days}: {reason}"
        )
    wait = values.get("lost_response_seconds")
    window = values.get("event_batching_window_seconds")
    if isinstance(wait, int) and isinstance(window, int):
        shortest_wait = SECOND_DELIVERY_SECONDS + window
        if wait < shortest_wait:
            reason = "an SES event whose function failed is delivered again only then"
            problems.append(
                f"lost_response_seconds must be at least {shortest_wait}, got {wait}: {reason}"
            )
    return problems


def _zone_problems(values: Mapping[str, object]) -> list[str]:
    zone_id, zone, sender = (
        str(values.get(name, "")).lower()
        for name in ("hosted_zone_id", "hosted_zone_name", "sender")
    )
    if not zone_id and not zone:
        return []
    if not zone_id or not zone:
        return ["hosted_zone_id and hosted_zone_name must be set together"]
    problems = []
    if not _is_in_zone(sender, zone):
        problems.append(f"sender must be a domain in the hosted zone {zone!r}, got {sender!r}")
    if values.get("create_identity") is False:
        problems.append("hosted_zone_id must be empty with create_identity=false")
    return problems


def _is_in_zone(name: str, zone: str) -> bool:
    return _is_domain(name) and f".{name}".endswith(f".{zone}")


def _jwt_problems(values: Mapping[str, object]) -> list[str]:
    issuer = str(values.get("jwt_issuer", ""))
    if bool(issuer) != bool(values.get("jwt_audience")):
        return ["jwt_issuer and jwt_audience must be set together"]
    if issuer.startswith("http:") and not values.get("local"):
        return [f"jwt_issuer must be an https:// URL, got {issuer!r}"]
    return []
