"""The settings of a deployment: what may be given as CDK context, with defaults and rules."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Self

from infra.setting_rules import DEFAULT_SENDER, DEFAULT_STAGE, broken_rules

# Context that the CDK itself keeps is namespaced (`aws:cdk:…`, `@aws-cdk/…`), except these two.
_CDK_OWN_NAMES = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})


class SettingsError(ValueError):
    """The context holds settings that break their rules; `problems` names every one of them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "\n".join(["Bad settings in the CDK context:", *(f"  {p}" for p in problems)])
        )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One deployment: `-c name=value` on the command line, or `"name": value` in cdk.json."""

    stage: str = DEFAULT_STAGE
    sender: str = DEFAULT_SENDER
    create_identity: bool = True
    # SES checks the permission on every verified identity of the account that a call touches: in
    # the SES sandbox that is each recipient's, and always an address verified beside its domain.
    other_identities: tuple[str, ...] = ()
    hosted_zone_id: str = ""
    hosted_zone_name: str = ""
    dmarc_policy: str = "none"
    # SES tracks by rewriting the HTML of every message: a pixel, and links through its own domain.
    track_opens: bool = True
    track_clicks: bool = True
    tracking_domain: str = ""
    # Recipients a second. 1 is what every account may do, the SES sandbox included; GetAccount
    # names an account's own rate. SES drops what exceeds it, so a guess must not be too high.
    max_send_rate: float = 1.0
    # How many environments share that rate and work on the queue at once; 0 derives it.
    max_concurrency: int = 0
    send_timeout_seconds: int = 60
    # How long nobody sends again where SES's answer was lost, so that its events can tell. SQS
    # hides a message no longer than 900 seconds.
    lost_answer_seconds: int = 900
    # How long events are gathered, so that ten of them share an invocation.
    event_window_seconds: int = 5
    retention_days: int = 30
    jwt_issuer: str = ""
    jwt_audience: tuple[str, ...] = ()
    api_rate_limit: int = 50
    api_burst_limit: int = 100
    alert_email: str = ""
    # By X-Ray, whose traces are billed: Lambda takes one a second and 5 % of what goes beyond.
    tracing: bool = True
    architecture: str = "arm64"
    python_version: str = "3.13"
    local: bool = False

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """Read the settings; values of the command line are strings, those of cdk.json are typed.

        Raises SettingsError with all problems: unknown names, unreadable values, broken rules.
        """
        defaults = {f.name: f.default for f in fields(cls) if f.default is not MISSING}
        problems = _unknown_names(context, defaults)
        values: dict[str, object] = {}
        for name, default in defaults.items():
            try:
                values[name] = _read(context.get(name, default), default)
            except ValueError as error:
                problems.append(f"{name} must be {error}, not {context[name]!r}")
        problems += broken_rules(values)
        if problems:
            raise SettingsError(problems)
        return cls(**values)  # type: ignore[arg-type]  # _read gave each its default's type

    @property
    def sender_is_domain(self) -> bool:
        """Whether the identity is a whole domain rather than one address."""
        return "@" not in self.sender

    @property
    def mail_from_domain(self) -> str:
        """The envelope sender's domain, which takes SES's bounces."""
        return f"mail.{self.sender}"

    @property
    def stack_name(self) -> str:
        """The CloudFormation stack's name; the configuration set carries it too."""
        return f"AmsdalMail-{self.stage}"


def _unknown_names(context: Mapping[str, object], known: Mapping[str, object]) -> list[str]:
    unknown = (
        name
        for name in context
        if name not in known and not re.search("[:/]", name) and name not in _CDK_OWN_NAMES
    )
    return [f"{name} is no setting{_suggestion(name, known)}" for name in unknown]


def _suggestion(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else f": there are {', '.join(known)}"


def _read(value: object, default: object) -> object:
    """Give the value its default's type; the ValueError's text says what is expected."""
    match default:
        case bool():
            return _read_bool(value)
        case int():
            return _read_number(int, "a whole number", value)
        case float():
            return _read_number(float, "a number", value)
        case tuple():
            return _read_names(value)
    if not isinstance(value, str):
        example = f', as "{default}"' if default else ""
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
    if not isinstance(names, list | tuple) or not all(isinstance(n, str) for n in names):
        raise ValueError("a list, or names with commas between")
    return tuple(name.strip() for name in names if name.strip())
