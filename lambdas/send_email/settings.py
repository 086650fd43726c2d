"""The settings of the function, which the stack puts into its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from function_runtime.settings import count, rate, read, secret, text

__all__ = ["Settings"]


def identities(value: str) -> frozenset[str]:
    """Return the SES identities of a list separated by commas, with their domains in lower case."""
    names = [name.strip().rpartition("@") for name in value.split(",") if name.strip()]
    if not names:
        raise ValueError("must name an identity")
    return frozenset(f"{local}{at}{domain.lower()}" for local, at, domain in names)


def names(value: str) -> tuple[str, ...]:
    """Return the names of a list separated by commas, which may be empty."""
    return tuple(name.strip() for name in value.split(",") if name.strip())


def share(value: str) -> float:
    """Return a number greater than 0, and at most 1."""
    number = rate(value)
    if number > 1:
        raise ValueError("must be at most 1")
    return number


def optional_text(value: str) -> str:
    """Return a text that may be empty."""
    return value


def days(value: str) -> int:
    """Return a number of days, which may be 0."""
    return 0 if value == "0" else count(value)


VARIABLES = {
    "table_name": ("TABLE_NAME", text),
    "retention_days": ("RETENTION_DAYS", count),
    "queue_url": ("QUEUE_URL", text),
    "content_bucket": ("CONTENT_BUCKET", text),
    "attachment_buckets": ("ATTACHMENT_BUCKETS", names),
    "bulk_queue_url": ("BULK_QUEUE_URL", text),
    "configuration_set": ("AWS_SES_CONFIGURATION_SET", text),
    "identities": ("SES_IDENTITIES", identities),
    "metadata_prefix": ("AWS_SES_METADATA_PREFIX", text),
    "max_send_rate": ("MAX_SEND_RATE", rate),
    "bulk_share": ("BULK_SHARE", share),
    "max_concurrency": ("MAX_CONCURRENCY", count),
    "timeout_seconds": ("TIMEOUT_SECONDS", count),
    "lost_response_seconds": ("LOST_RESPONSE_SECONDS", count),
    "expiring_configuration_set": ("EXPIRING_CONFIGURATION_SET", optional_text),
    "longest_queue_delay": ("LONGEST_QUEUE_DELAY_SECONDS", count),
    "schedule_group": ("SCHEDULE_GROUP", text),
    "schedule_queue_arn": ("SCHEDULE_QUEUE_ARN", text),
    "schedule_bulk_queue_arn": ("SCHEDULE_BULK_QUEUE_ARN", text),
    "schedule_dead_letter_arn": ("SCHEDULE_DEAD_LETTER_ARN", text),
    "schedule_role_arn": ("SCHEDULE_ROLE_ARN", text),
    "event_bus_name": ("EVENT_BUS_NAME", text),
    "suppression_key": ("SUPPRESSION_KEY", secret),
    "content_retention_days": ("CONTENT_RETENTION_DAYS", days),
    "jwt_scope_prefix": ("JWT_SCOPE_PREFIX", optional_text),
}
DEFAULTS = {"CONTENT_RETENTION_DAYS": "0", "JWT_SCOPE_PREFIX": ""}
"""Variables that the stack leaves out where they have this value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the function."""

    table_name: str
    retention_days: int
    queue_url: str
    content_bucket: str
    """The bucket for what the queue cannot take, and for uploads."""
    attachment_buckets: tuple[str, ...]
    """Other buckets whose objects may be attached, each with an optional prefix."""
    """The queue of transactional mail."""
    bulk_queue_url: str
    configuration_set: str
    identities: frozenset[str]
    """The SES identities to send from: domains, and addresses."""
    metadata_prefix: str
    max_send_rate: float
    """How many recipients the account may send to in a second."""
    bulk_share: float
    """The part of that rate that bulk mail uses while it flows alone."""
    max_concurrency: int
    """How many workers each stream has at once. They share that rate."""
    timeout_seconds: int
    """The timeout of the function."""
    lost_response_seconds: int
    """How long not to retry after a lost response; see Timeouts."""
    expiring_configuration_set: str
    """The configuration set of mail that expires; empty for that of all mail."""
    longest_queue_delay: int
    """Seconds. Until then, a timer waits on the queue; beyond, in EventBridge Scheduler."""
    schedule_group: str
    schedule_queue_arn: str
    schedule_bulk_queue_arn: str
    schedule_dead_letter_arn: str
    """Where EventBridge Scheduler puts a timer that the send queue did not take."""
    schedule_role_arn: str
    event_bus_name: str
    suppression_key: bytes = field(repr=False)
    """The key of the keyed hashes of addresses."""
    content_retention_days: int = 0
    """How long messages are kept for people; 0 when none is kept."""
    jwt_scope_prefix: str = ""
    """What the issuer of tokens puts before the name of a scope."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ConfigurationError: names every setting that is missing or wrong.
        """
        return cls(**read({**DEFAULTS, **environment}, VARIABLES))
