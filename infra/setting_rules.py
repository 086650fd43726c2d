"""The rules that the settings of a deployment keep, one by one and together."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ARCHITECTURES = ("arm64", "x86_64")
DMARC_POLICIES = ("none", "quarantine", "reject", "off")
DEFAULT_SENDER = "example.com"
DEFAULT_STAGE = "dev"

# SQS answers an empty poll after this long at the latest.
LONG_POLLING_SECONDS = 20
# Until an SES event whose function failed is tried again, beside the time that events are gathered:
# long polling, and six timeouts of the function that the queue hides it for.
SECOND_TRY_SECONDS = LONG_POLLING_SECONDS + 6 * 30
# An email is tried for three days before it is given up, and a dead letter waits for 14.
SHORTEST_RETENTION_DAYS = 18

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")


def is_domain(text: str) -> bool:
    """Whether SES would take this as a domain identity (ASCII; IDNA names in Punycode)."""
    return _DOMAIN.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether SES would take this as an address identity."""
    local_part, at, domain = text.rpartition("@")
    return bool(at) and _LOCAL_PART.fullmatch(local_part) is not None and is_domain(domain)


def _is_identity(text: str) -> bool:
    return is_domain(text) or is_address(text)


class _Rule(NamedTuple):
    setting: str
    holds: Callable[..., bool]
    text: str


def _one_of(setting: str, allowed: tuple[str, ...]) -> _Rule:
    return _Rule(setting, lambda v: v in allowed, f"must be one of {', '.join(allowed)}")


def _between(setting: str, low: int, high: int) -> _Rule:
    return _Rule(setting, lambda v: low <= v <= high, f"must be between {low} and {high}")


_RULES = (
    _Rule(
        "stage",
        lambda v: re.fullmatch(r"[a-z][a-z0-9-]{0,19}", v) is not None,
        "must be 1 to 20 lower-case letters, digits and '-', a letter first",
    ),
    _Rule("sender", _is_identity, "must be a domain or an email address, the domain in lower case"),
    _Rule(
        "other_identities",
        lambda v: all(map(_is_identity, v)),
        "must be domains or email addresses, the domains in lower case",
    ),
    _Rule(
        "hosted_zone_id",
        lambda v: not v or re.fullmatch(r"[A-Z0-9]{1,32}", v) is not None,
        "must be a Route 53 zone id: 1 to 32 capital letters and digits",
    ),
    _Rule("hosted_zone_name", lambda v: not v or is_domain(v), "must be a domain"),
    _one_of("dmarc_policy", DMARC_POLICIES),
    _Rule("tracking_domain", lambda v: not v or is_domain(v), "must be a domain"),
    _Rule(
        "max_send_rate",
        lambda v: 0.1 <= v <= 10_000,
        "must be between 0.1 and 10000 recipients a second",
    ),
    _Rule(
        "max_concurrency",
        lambda v: v == 0 or 2 <= v <= 1000,
        "must be between 2 and 1000, or 0 to follow from max_send_rate",
    ),
    _between("send_timeout_seconds", 6, 900),
    _between("lost_answer_seconds", 6, 900),
    _between("event_window_seconds", 0, 300),
    _between("retention_days", 1, 3650),
    _Rule(
        "jwt_issuer",
        lambda v: not v or re.fullmatch(r"https?://[^\s?#]+", v) is not None,
        "must be the issuer's URL, without query",
    ),
    _between("api_rate_limit", 1, 10_000),
    _between("api_burst_limit", 1, 5_000),
    _Rule("alert_email", lambda v: not v or is_address(v), "must be one email address"),
    _one_of("architecture", ARCHITECTURES),
    _one_of("python_version", PYTHON_VERSIONS),
)


def broken_rules(values: Mapping[str, object]) -> list[str]:
    """Name each broken rule, its setting and value; settings that cannot be read are absent."""
    broken = [
        f"{rule.setting} {rule.text}, not {values[rule.setting]!r}"
        for rule in _RULES
        if rule.setting in values and not rule.holds(values[rule.setting])
    ]
    return broken or [
        *_timeout_problems(values),
        *_aws_problems(values),
        *_zone_problems(values),
        *_jwt_problems(values),
    ]


def _timeout_problems(values: Mapping[str, object]) -> list[str]:
    timeout, lost = values.get("send_timeout_seconds"), values.get("lost_answer_seconds")
    if isinstance(timeout, int) and isinstance(lost, int) and timeout > lost:
        # While a function runs, nobody else may send the same email.
        return [f"send_timeout_seconds must be at most lost_answer_seconds, {lost}, not {timeout}"]
    return []


def _aws_problems(values: Mapping[str, object]) -> list[str]:
    """Find what only a local stack may do: there nothing is lost but a test's email."""
    if values.get("local"):
        return []
    found = []
    if values.get("sender") == DEFAULT_SENDER and values.get("stage") not in {None, DEFAULT_STAGE}:
        found.append(f"sender must be your own domain or address, not {DEFAULT_SENDER!r}")
    days = values.get("retention_days")
    if isinstance(days, int) and days < SHORTEST_RETENTION_DAYS:
        reason = "an email is tried for three days, and a dead letter waits for 14"
        found.append(
            f"retention_days must be at least {SHORTEST_RETENTION_DAYS}, not {days}: {reason}"
        )
    lost, window = values.get("lost_answer_seconds"), values.get("event_window_seconds")
    if isinstance(lost, int) and isinstance(window, int) and lost < SECOND_TRY_SECONDS + window:
        least = SECOND_TRY_SECONDS + window
        reason = "an SES event that failed once is tried again only then"
        found.append(f"lost_answer_seconds must be at least {least}, not {lost}: {reason}")
    return found


def _zone_problems(values: Mapping[str, object]) -> list[str]:
    zone_id, zone, sender, tracking = (
        str(values.get(name, "")).lower()
        for name in ("hosted_zone_id", "hosted_zone_name", "sender", "tracking_domain")
    )
    if not zone_id and not zone:
        return []
    if not zone_id or not zone:
        return ["hosted_zone_id and hosted_zone_name must be given together"]
    found = []
    if not _lies_in(sender, zone):
        found.append(f"sender must be a domain in the hosted zone {zone!r}, not {sender!r}")
    if tracking and not _lies_in(tracking, zone):
        found.append(f"tracking_domain must lie in the hosted zone {zone!r}, not {tracking!r}")
    if values.get("create_identity") is False:
        found.append("hosted_zone_id must be left out with create_identity=false")
    return found


def _lies_in(name: str, zone: str) -> bool:
    return is_domain(name) and f".{name}".endswith(f".{zone}")


def _jwt_problems(values: Mapping[str, object]) -> list[str]:
    issuer = str(values.get("jwt_issuer", ""))
    if bool(issuer) != bool(values.get("jwt_audience")):
        return ["jwt_issuer and jwt_audience must be given together"]
    if issuer.startswith("http:") and not values.get("local"):
        return [f"jwt_issuer must be an https:// URL, not {issuer!r}"]
    return []
