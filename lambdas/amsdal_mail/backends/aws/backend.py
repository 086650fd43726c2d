"""What the backends that talk to AWS share: one client, and the two drivers."""

from __future__ import annotations

import os
import threading
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import fields
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError

from amsdal_mail.backends.aws.flow import Flow, run_flows, run_flows_async
from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import ConfigurationError, SendStatus

__all__ = ["AWSBackend", "SendPlan"]

IDLE_LIMIT = 30.0
"""Seconds after which an idle connection is trusted no more. Lambda freezes between invocations, so
that nobody sees the other side close it: a send over it would end without an answer."""


class SendPlan(NamedTuple):
    """What to say to AWS, and how to sum up the results, which come in the same order."""

    flows: list[Flow[Any]]
    collect_status: Callable[[list[Any]], SendStatus]


class AWSBackend(BaseBackend):
    """A backend that says what it has to say in flows with one AWS service.

    One client serves all threads. The async client belongs to one event loop: it is kept between
    `aopen` and `aclose` (or within `async with`); otherwise each `asend_messages` makes its own.
    """

    service_name: str
    sdk_attempts = 1
    """How often the SDK itself tries a call: no option, since it decides what may go out twice."""

    def __init__(self, options: AWSOptions, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self._clock = clock
        self._used_at = 0.0
        self._lock = threading.Lock()
        self._client: Any = None
        self._client_pid = 0
        self._async_client: Any = None
        self._async_stack = AsyncExitStack()

    @classmethod
    def option_names(cls) -> set[str]:
        """Name its own options, and how to reach AWS."""
        return super().option_names() | {field.name for field in fields(AWSOptions)}

    @abstractmethod
    def plan(self, messages: list[EmailMessage]) -> SendPlan:
        """Say what is to be said to AWS for these messages, and how to sum up what comes of it."""

    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Send the messages concurrently, at most `max_concurrency` calls at once."""
        return self._execute(self.plan(validate_messages(messages)))

    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        """Send the messages concurrently on the running event loop, by aioboto3."""
        plan = self.plan(validate_messages(messages))
        async with self._some_async_client() as client:
            results = await run_flows_async(client, plan.flows, self.options.max_concurrency)
        return plan.collect_status(results)

    def _execute(self, plan: SendPlan) -> SendStatus:
        """Do what the plan says, in threads."""
        return plan.collect_status(
            run_flows(self.client(), plan.flows, self.options.max_concurrency)
        )

    def client(self) -> Any:
        """Return the boto3 client, made at first use and anew in a forked process."""
        with self._lock:
            if self._client is None or self._client_pid != os.getpid():
                self._client, self._client_pid = self._new_client(), os.getpid()
            elif self._clock() - self._used_at > IDLE_LIMIT:
                self._client.close()  # its connections: the client opens new ones
            self._used_at = self._clock()
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
            self._async_client = await self._enter(self._async_stack)

    async def aclose(self) -> None:
        """Close the aioboto3 client."""
        self._async_client = None
        await self._async_stack.aclose()

    @asynccontextmanager
    async def _some_async_client(self) -> AsyncIterator[Any]:
        if self._async_client is not None:
            yield self._async_client
            return
        async with AsyncExitStack() as stack:
            yield await self._enter(stack)

    async def _enter(self, stack: AsyncExitStack) -> Any:
        with _set_up():
            return await stack.enter_async_context(self._new_async_client())

    def _config(self) -> dict[str, Any]:
        retries = {"total_max_attempts": self.sdk_attempts, "mode": "standard"}
        return {"retries": retries, **self.options.client_config()}

    def _new_client(self) -> Any:
        import boto3
        from botocore.config import Config

        with _set_up():
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
        try:
            import aioboto3
        except ImportError as error:
            raise ConfigurationError(f"{error}: pip install aioboto3") from error
        from aiobotocore.config import AioConfig

        return aioboto3.Session(**self.options.session_arguments()).client(
            self.service_name,
            endpoint_url=self.options.endpoint_url,
            config=AioConfig(**self._config()),
        )


@contextmanager
def _set_up() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ValueError) as error:  # a profile, region or endpoint that is none
        raise ConfigurationError(str(error)) from error
