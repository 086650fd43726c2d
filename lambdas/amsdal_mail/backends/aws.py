"""What the backends that talk to AWS share: options, one client, the two drivers."""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import botocore

from amsdal_mail.backends.base import BaseBackend, checked
from amsdal_mail.backends.calls import Exchange
from amsdal_mail.backends.drive import drive, drive_async
from amsdal_mail.exceptions import ConfigurationError
from amsdal_mail.message import EmailMessage
from amsdal_mail.status import SendStatus

__all__ = ["AWSBackend", "AWSOptions", "Plan", "region_from"]

DEFAULT_REGION = "us-east-1"
DEFAULT_CONCURRENCY = 32
USER_AGENT = f"amsdal_mail Botocore/{botocore.__version__}"
"""Left to itself, botocore composes one for every call: an eighth of the call's CPU time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AWSOptions:
    """How to reach AWS. Keys left out are found by boto3: environment, profile, role."""

    region_name: str = DEFAULT_REGION
    aws_access_key_id: str | None = None
    aws_secret_access_key: str | None = field(default=None, repr=False)
    aws_session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None
    session: Any = field(default=None, repr=False)
    """A boto3 Session to make the client from: a second one would load the same files again."""
    max_concurrency: int = DEFAULT_CONCURRENCY
    connect_timeout: float = 5
    """Seconds."""
    read_timeout: float = 30
    """Seconds until an answer counts as lost: then the outcome is unknown."""

    def __post_init__(self) -> None:
        if bool(self.aws_access_key_id) != bool(self.aws_secret_access_key):
            raise ConfigurationError(
                "aws_access_key_id and aws_secret_access_key go together: one of them is missing"
            )
        if self.aws_session_token and not self.aws_access_key_id:
            raise ConfigurationError("aws_session_token needs aws_access_key_id beside it")
        if self.session is not None and self.aws_access_key_id:
            raise ConfigurationError("give either a session or keys: the session has its own keys")
        if self.max_concurrency < 1:
            raise ConfigurationError(
                f"max_concurrency must be at least 1, is {self.max_concurrency}"
            )

    def session_arguments(self) -> dict[str, Any]:
        """Name what a boto3 or aioboto3 Session takes."""
        return {
            "region_name": self.region_name,
            "aws_access_key_id": self.aws_access_key_id,
            "aws_secret_access_key": self.aws_secret_access_key,
            "aws_session_token": self.aws_session_token,
        }

    def client_config(self) -> dict[str, Any]:
        """Name what a botocore Config takes."""
        return {
            "max_pool_connections": self.max_concurrency,
            "connect_timeout": self.connect_timeout,
            "read_timeout": self.read_timeout,
            "user_agent": USER_AGENT,
        }


def region_from(environ: Mapping[str, str], session: Any = None) -> str:
    """Read the region from the session, else the environment; us-east-1 when neither names one."""
    if session is not None and session.region_name:
        return str(session.region_name)
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


class Plan(NamedTuple):
    """What to say to AWS, and how to sum up the results, which come in the same order."""

    exchanges: list[Exchange[Any]]
    sum_up: Callable[[list[Any]], SendStatus]


class AWSBackend(BaseBackend):
    """A backend that says what it has to say in exchanges with one AWS service.

    One client serves all threads. The async client belongs to one event loop: it is kept between
    `aopen` and `aclose` (or within `async with`); otherwise each `asend_messages` makes its own.
    """

    service_name: str
    sdk_attempts = 1
    """How often the SDK itself tries a call: no option, since it decides what may go out twice."""

    def __init__(self, options: AWSOptions) -> None:
        self.options = options
        self._lock = threading.Lock()
        self._client: Any = None
        self._client_pid = 0
        self._async_client: Any = None
        self._async_stack = AsyncExitStack()

    @abstractmethod
    def plan(self, messages: list[EmailMessage]) -> Plan:
        """Say what is to be said to AWS for these messages, and how to sum up what comes of it."""

    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Send the messages concurrently, at most `max_concurrency` calls at once."""
        return self.carry_out(self.plan(checked(messages)))

    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Send the messages concurrently on the running event loop, by aioboto3."""
        plan = self.plan(checked(messages))
        async with self._some_async_client() as client:
            results = await drive_async(client, plan.exchanges, self.options.max_concurrency)
        return plan.sum_up(results)

    def carry_out(self, plan: Plan) -> SendStatus:
        """Do what the plan says, in threads."""
        return plan.sum_up(drive(self.client(), plan.exchanges, self.options.max_concurrency))

    def client(self) -> Any:
        """Return the boto3 client, made at first use and anew in a forked process."""
        with self._lock:
            if self._client is None or self._client_pid != os.getpid():
                self._client, self._client_pid = self._new_client(), os.getpid()
            return self._client

    def open(self) -> None:
        """Make the boto3 client now instead of at the first send."""
        self.client()

    def close(self) -> None:
        """Close the client's connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    async def aopen(self) -> None:
        """Make the aioboto3 client, for this event loop, until `aclose`."""
        if self._async_client is None:
            self._async_client = await self._async_stack.enter_async_context(
                self._new_async_client()
            )

    async def aclose(self) -> None:
        """Close the aioboto3 client."""
        self._async_client = None
        await self._async_stack.aclose()

    @asynccontextmanager
    async def _some_async_client(self) -> AsyncIterator[Any]:
        if self._async_client is not None:
            yield self._async_client
            return
        async with self._new_async_client() as client:
            yield client

    def _config(self) -> dict[str, Any]:
        retries = {"total_max_attempts": self.sdk_attempts, "mode": "standard"}
        return {"retries": retries, **self.options.client_config()}

    def _new_client(self) -> Any:
        import boto3
        from botocore.config import Config

        session = self.options.session or boto3.Session(**self.options.session_arguments())
        return session.client(
            self.service_name,  # type: ignore[call-overload]
            region_name=self.options.region_name,
            endpoint_url=self.options.endpoint_url,
            config=Config(**self._config()),
        )

    def _new_async_client(self) -> Any:
        if self.options.session is not None:
            raise ConfigurationError("a boto3 session cannot be used in async code: give keys")
        import aioboto3
        from aiobotocore.config import AioConfig

        return aioboto3.Session(**self.options.session_arguments()).client(
            self.service_name,
            endpoint_url=self.options.endpoint_url,
            config=AioConfig(**self._config()),
        )
