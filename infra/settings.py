"""The settings of a deployment, read from the CDK context."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Self

from infra.concurrency import LOWEST_CONCURRENCY, queue_concurrency
from infra.setting_rules import DEFAULT_SENDER, DEFAULT_STAGE, broken_rules

__all__ = ["STAGES", "Settings", "SettingsError"]

CDK_NAMES = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})
"""Context that the CDK keeps for itself. Its other names have a namespace: `@aws-cdk/...`."""

STAGES = "stages"
"""Context with the settings that only a stage has, by the name of the stage."""

REMOVED_SETTINGS = {
    "tracking_domain": " any more: SES has no certificate for the domain, so every https link of "
    "every email would show a warning (see docs/deploying.md, Links and tracking)"
}
"""Why a setting of earlier versions is gone, by its name."""

COMMON_SETTINGS = frozenset({"stage", "account_send_rate", "local"})
"""Settings that no entry of `stages` may have."""


class SettingsError(ValueError):
    """The context has invalid settings. `problems` has a text for each of them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        lines = ["Invalid settings in the CDK context:", *(f"  {problem}" for problem in problems)]
        super().__init__("\n".join(lines))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A deployment: `-c name=value` on the command line, or `"name": value` in cdk.json.

    `"stages": {"prod": {"name": value}}` in cdk.json sets values for a single stage.
    """

    stage: str = DEFAULT_STAGE
    """Part of the stack's name, and the value of its tag `stage`."""
    sender: str = DEFAULT_SENDER
    """The identity that sends: a domain, or an address."""
    create_identity: bool = True
    """False if the identity exists already."""
    other_identities: tuple[str, ...] = ()
    """Other verified identities that a call may touch, because SES checks the permission on each.

    In the SES sandbox these are the recipients. An address that is verified beside its domain
    counts too.
    """
    mail_from_subdomain: str = "mail"
    """The subdomain of the sender for the envelope sender. It gets records, so it must be free."""
    hosted_zone_id: str = ""
    """The Route 53 zone to write the DNS records to. Without a zone, they are stack outputs."""
    hosted_zone_name: str = ""
    dmarc_policy: str = "none"
    """The policy of the DMARC record, or `off` for no record."""
    track_opens: bool = True
    """SES tracks opens by an image that it adds to the HTML of each message."""
    track_clicks: bool = True
    """SES tracks clicks by links that lead through its own domain."""
    max_send_rate: float = 1.0
    """Recipients a second. GetAccount returns the rate of an account.

    The default is the rate of the SES sandbox. SES throttles what exceeds the account's rate, so
    do not guess a higher rate. https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
    """
    account_send_rate: float = 0.0
    """Recipients a second of the whole account, which its stages share. 0 if it is not known."""
    bulk_share: float = 0.85
    """The part of `max_send_rate` that bulk mail uses while it flows alone.

    The rest lets the first transactional email go at once, until bulk mail makes way for it."""
    max_concurrency: int = 0
    """Environments that share the rate and read a queue of emails at once. 0 derives it."""
    send_timeout_seconds: int = 60
    """The timeout of the send function. It concerns the queue: the API responds in 28 seconds."""
    lost_response_seconds: int = 900
    """How long to wait before a retry when SES's response was lost, for an event that decides.

    It is also the length of a lease. 900 is the longest delay of a message in SQS.
    """
    longest_queue_delay_seconds: int = 900
    """Until when a scheduled email waits on the send queue. EventBridge Scheduler keeps it longer.

    900 is the longest delay of a message in SQS.
    """
    expiring_delivery_seconds: int = 0
    """How long SES itself tries to deliver an email that expires. 0: as long as any other.

    Such emails then have a configuration set of their own.
    """
    event_batching_window_seconds: int = 5
    """How long Lambda collects SES's events, so that ten of them share an invocation."""
    deletion_protection: bool = False
    """Let DynamoDB refuse to delete the table.

    Set it after the first deployment: the rollback of a failed one could not delete the table.
    """
    attachment_buckets: tuple[str, ...] = ()
    """Buckets whose objects emails may attach, each with an optional prefix: `reports/2026/`."""
    retention_days: int = 30
    """How long the table keeps an email."""
    content_retention_days: int = 0
    """How long the bucket keeps the messages of emails, for people. 0: no message is kept."""
    jwt_issuer: str = ""
    """The issuer of the callers' JWTs. Without an issuer, callers sign with IAM."""
    jwt_audience: tuple[str, ...] = ()
    jwt_scope_prefix: str = ""
    """What the issuer puts before the name of a scope. Cognito puts a resource server and `/`."""
    api_rate_limit: int = 50
    """Requests a second to the HTTP API."""
    api_burst_limit: int = 100
    alert_email: str = ""
    """The address that the alarms notify."""
    tracing: bool = True
    """Lambda's active tracing with X-Ray, which bills the traces.

    Lambda traces one request a second, and 5 % of the others:
    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    powertools_tracer: bool = False
    """Add segments of Powertools' Tracer, which loads the X-Ray SDK. It needs `tracing`."""
    architecture: str = "arm64"
    python_version: str = "3.13"
    local: bool = False
    """Set for the local AWS: keep nothing when the stack is deleted."""

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """Read the settings.

        Values of the command line are strings, and those of cdk.json are typed.

        Raises:
            SettingsError: with all problems: unknown names, unreadable values, broken rules.
        """
        defaults = {
            field.name: field.default for field in fields(cls) if field.default is not MISSING
        }
        context = _settings_of_stage(context)
        problems = _unknown_names(context, defaults)
        values: dict[str, object] = {}
        for name, default in defaults.items():
            try:
                values[name] = _read(context.get(name, default), default)
            except ValueError as error:
                problems.append(f"{name} must be {error}, got {context[name]!r}")
        problems += broken_rules(values)
        if problems:
            raise SettingsError(problems)
        return cls(**values)  # type: ignore[arg-type]  # each has the type of its default

    @property
    def sender_is_domain(self) -> bool:
        """Whether the identity is a domain, not an address."""
        return "@" not in self.sender

    @property
    def identities(self) -> tuple[str, ...]:
        """The identities that the send function may use."""
        return (self.sender, *self.other_identities)

    @property
    def mail_from_domain(self) -> str:
        """The domain of the envelope sender."""
        return f"{self.mail_from_subdomain}.{self.sender}"

    @property
    def stack_name(self) -> str:
        """The name of the CloudFormation stack, of the configuration set and of the event bus."""
        return f"AmsdalMail-{self.stage}"

    @property
    def metrics_namespace(self) -> str:
        """The namespace of the functions' metrics. Stages of an account share none."""
        return self.stack_name

    @property
    def concurrency(self) -> int:
        """The maximum concurrency of each event source that sends."""
        return self.max_concurrency or queue_concurrency(self.max_send_rate)

    @property
    def tracking_concurrency(self) -> int:
        """The maximum concurrency of each event source that tracks."""
        # An environment of the local AWS is a process on the developer's machine.
        return LOWEST_CONCURRENCY if self.local else queue_concurrency(self.max_send_rate)


def _settings_of_stage(context: Mapping[str, object]) -> dict[str, object]:
    """Return the context, with the settings that `stages` has for its stage.

    Raises:
        SettingsError: `stages` is invalid, or does not fit the rest of the context.
    """
    common_settings = {name: value for name, value in context.items() if name != STAGES}
    stages = context.get(STAGES) or {}
    if not stages or _is_local(common_settings):
        return common_settings  # the local AWS has settings of its own
    if not (
        isinstance(stages, Mapping) and all(isinstance(value, Mapping) for value in stages.values())
    ):
        example = '{"prod": {"sender": "example.org"}}'
        raise SettingsError(
            [f"stages must be settings by stage, such as {example}, got {stages!r}"]
        )
    stage = common_settings.get("stage", DEFAULT_STAGE)
    if stage not in stages:
        raise SettingsError([f"stage must be one of {', '.join(stages)} (stages), got {stage!r}"])
    stage_settings = stages[stage]
    problems = [
        f"{name} must not be in stages.{stage}: it is for all stages"
        if name in COMMON_SETTINGS
        else f"{name} must be either in stages.{stage} or for all stages, not both"
        for name in stage_settings
        if name in COMMON_SETTINGS or name in common_settings
    ]
    if problems:
        raise SettingsError(problems)
    return {**common_settings, **stage_settings}


def _is_local(context: Mapping[str, object]) -> bool:
    try:
        return _read_bool(context.get("local", False))
    except ValueError:
        return False


def _unknown_names(context: Mapping[str, object], defaults: Mapping[str, object]) -> list[str]:
    unknown_names = (
        name
        for name in context
        if name not in defaults and not re.search("[:/]", name) and name not in CDK_NAMES
    )
    return [
        f"{name} is not a setting{REMOVED_SETTINGS.get(name) or _suggestion(name, defaults)}"
        for name in unknown_names
    ]


def _suggestion(name: str, defaults: Mapping[str, object]) -> str:
    similar_names = difflib.get_close_matches(name, defaults, n=1)
    if similar_names:
        return f" (did you mean {similar_names[0]}?)"
    return f": the settings are {', '.join(defaults)}"


def _read(value: object, default: object) -> object:
    """Return the value with the type of its default.

    Raises:
        ValueError: with the expected type as its text.
    """
    match default:
        case bool():
            return _read_bool(value)
        case int():
            return _read_number(int, "an integer", value)
        case float():
            return _read_number(float, "a number", value)
        case tuple():
            return _read_names(value)
    if not isinstance(value, str):
        example = f', such as "{default}"' if default else ""
        raise ValueError(f"text in quotes{example}")  # noqa: TRY004  # from_context collects ValueErrors
    return value.strip()


def _read_bool(value: object) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if (word := str(value).lower()) not in words:
        raise ValueError("true or false")
    return words[word]


def _read_number(kind: type[int] | type[float], expected: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(expected)  # noqa: TRY004
    try:
        return kind(str(value))
    except ValueError as error:
        raise ValueError(expected) from error


def _read_names(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("a list, or names separated by commas")
    return tuple(name.strip() for name in names if name.strip())
