"""Connection options of the AWS backends: endpoint, credentials, timeouts, concurrency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError
from botocore.session import Session

from amsdal_mail.status import ConfigurationError

if TYPE_CHECKING:
    import boto3

__all__ = ["AWSOptions", "check_positive_integer", "check_positive_number", "region_from"]

DEFAULT_REGION = "us-east-1"
DEFAULT_CONCURRENCY = 32
USER_AGENT = "amsdal_mail"
"""boto3 adds botocore's version. Without a fixed value, botocore composes one for each call, which
takes an eighth of the call's CPU time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AWSOptions:
    """Options of an AWS client. Without keys, boto3 finds some: environment, profile, role."""

    region_name: str = DEFAULT_REGION
    aws_access_key_id: str | None = None
    aws_secret_access_key: str | None = field(default=None, repr=False)
    aws_session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = field(default=None, repr=False)
    """Not in the repr: it can have a password."""
    session: boto3.Session | None = field(default=None, repr=False)
    """A session to make the client from. A second session would load the same files again."""
    max_concurrency: int = DEFAULT_CONCURRENCY
    connect_timeout: float = 5
    """Seconds."""
    read_timeout: float = 30
    """Seconds after which a response counts as lost. Then the result is unknown."""

    def __post_init__(self) -> None:
        if bool(self.aws_access_key_id) != bool(self.aws_secret_access_key):
            raise ConfigurationError(
                "aws_access_key_id and aws_secret_access_key go together: one of them is missing"
            )
        if self.aws_session_token and not self.aws_access_key_id:
            raise ConfigurationError("aws_session_token needs aws_access_key_id beside it")
        if self.session is not None and self.aws_access_key_id:
            raise ConfigurationError("session and aws_access_key_id exclude each other")
        check_positive_integer("max_concurrency", self.max_concurrency)
        check_positive_number("connect_timeout", self.connect_timeout)
        check_positive_number("read_timeout", self.read_timeout)

    def session_arguments(self) -> dict[str, Any]:
        """Return the arguments of a boto3 Session or an async client."""
        return {
            "region_name": self.region_name,
            "aws_access_key_id": self.aws_access_key_id,
            "aws_secret_access_key": self.aws_secret_access_key,
            "aws_session_token": self.aws_session_token,
        }

    def client_config(self) -> dict[str, Any]:
        """Return the arguments of a botocore Config."""
        return {
            "max_pool_connections": self.max_concurrency,
            "connect_timeout": self.connect_timeout,
            "read_timeout": self.read_timeout,
            "user_agent": USER_AGENT,
        }


def region_from(environ: Mapping[str, str], session: boto3.Session | None = None) -> str:
    """Return the region of the session, the environment or the profile, else us-east-1.

    Raises:
        ConfigurationError: the profile does not exist.
    """
    if session is not None and session.region_name:
        return str(session.region_name)
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    return region or _region_of_profile() or DEFAULT_REGION


def _region_of_profile() -> str | None:
    try:
        region: str | None = Session().get_scoped_config().get("region")
    except BotoCoreError as error:
        raise ConfigurationError(str(error)) from error
    return region


def check_positive_integer(name: str, value: object) -> None:
    """Raise ConfigurationError unless the value is an integer of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigurationError(f"{name} must be an integer of at least 1, got {value!r}")


def check_positive_number(name: str, value: object) -> None:
    """Raise ConfigurationError unless the value is a finite number greater than 0."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < float("inf"):  # type: ignore[operator]
        raise ConfigurationError(f"{name} must be a number greater than 0, got {value!r}")
