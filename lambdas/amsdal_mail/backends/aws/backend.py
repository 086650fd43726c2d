"""AWSBackend: sends through the client of one AWS service, sync and async."""

from __future__ import annotations

import os
import threading
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import fields
from inspect import Parameter, signature
from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError
from typing_extensions import override

from amsdal_mail.backends.aws.flow import (
    EntryResult,
    Flow,
    collect_status,
    run_flows,
    run_flows_async,
)
from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import ConfigurationError, SendStatus

if TYPE_CHECKING:
    from botocore.model import ServiceModel

__all__ = ["AWSBackend", "SendPlan"]

IDLE_LIMIT = 30.0
"""Seconds after which an idle connection is not used again. Lambda freezes a function between
invocations, so the function does not see that the other side closes the connection; a call over
it would end without a response.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

SendPlan = list[Flow[list[EntryResult]]]
"""The flows that send some messages, in the order of the messages."""


class AWSBackend(BaseBackend):
    """Base of the backends that call one AWS service.

    All threads share one client, which is thread-safe. The async client belongs to one event
    loop: it is kept between `aopen` and `aclose` (or within `async with`); otherwise each
    `asend_messages` makes a client. Both clients are `Any`, as one driver calls two services.
    """

    service_name: str
    sdk_attempts = 1
    """How often the SDK itself tries a call. Not an option: it decides what can be sent twice."""

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
    @override
    def option_names(cls) -> set[str]:
        # A subclass passes the options that it does not name on to the class above.
        subclasses = cls.__mro__[: cls.__mro__.index(AWSBackend)]
        parameters = chain.from_iterable(signature(c).parameters.values() for c in subclasses)
        named = {option.name for option in parameters if option.kind is not Parameter.VAR_KEYWORD}
        return named | {field.name for field in fields(AWSOptions)}

    @abstractmethod
    def plan(self, messages: list[EmailMessage], model: ServiceModel) -> SendPlan:
        """Plan the calls that send the messages. Nothing is sent before the plan is complete.

        Args:
            messages: the messages, already checked.
            model: the SDK's model of the service, which knows the parameters it can send.
        """

    @override
    def send_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        checked_messages = validate_messages(messages)
        client = self.client()
        return self._execute(client, self.plan(checked_messages, client.meta.service_model))

    @override
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        checked_messages = validate_messages(messages)
        async with self._usable_async_client() as client:
            plan = self.plan(checked_messages, client.meta.service_model)
            results = await run_flows_async(client, plan, self.options.max_concurrency)
        return collect_status(chain.from_iterable(results))

    def _execute(self, client: Any, plan: SendPlan) -> SendStatus:
        results = run_flows(client, plan, self.options.max_concurrency)
        return collect_status(chain.from_iterable(results))

    def client(self) -> Any:
        """Return the boto3 client, which is made at first use and again in a forked process."""
        with self._lock:
            if self._client is None or self._client_pid != os.getpid():
                self._client, self._client_pid = self._new_client(), os.getpid()
            elif self._clock() - self._used_at > IDLE_LIMIT:
                self._client.close()  # closes the connections: the client opens new ones
            self._used_at = self._clock()
            return self._client

    @override
    def open(self) -> None:
        self.client()

    @override
    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    @override
    async def aopen(self) -> None:
        if self._async_client is None:
            self._async_client = await self._enter_async_client(self._async_stack)

    @override
    async def aclose(self) -> None:
        self._async_client = None
        await self._async_stack.aclose()

    @asynccontextmanager
    async def _usable_async_client(self) -> AsyncIterator[Any]:
        if self._async_client is not None:
            yield self._async_client
            return
        async with AsyncExitStack() as stack:
            yield await self._enter_async_client(stack)

    async def _enter_async_client(self, stack: AsyncExitStack) -> Any:
        if self.options.session is not None:
            raise ConfigurationError(
                "a boto3 session cannot be used in async code: give keys instead of a session"
            )
        make_client, make_config = _import_async_sdk()
        with _configuration_errors():
            client = make_client(
                self.service_name,
                endpoint_url=self.options.endpoint_url,
                config=make_config(**self._config()),
                **self.options.session_arguments(),
            )
            return await stack.enter_async_context(client)

    def _new_client(self) -> Any:
        import boto3
        from botocore.config import Config

        with _configuration_errors():
            session = self.options.session or boto3.Session(**self.options.session_arguments())
            return session.client(
                self.service_name,  # type: ignore[call-overload]
                region_name=self.options.region_name,
                endpoint_url=self.options.endpoint_url,
                config=Config(**self._config()),
            )

    def _config(self) -> dict[str, Any]:
        retries = {"total_max_attempts": self.sdk_attempts, "mode": "standard"}
        return {"retries": retries, **self.options.client_config()}


def _import_async_sdk() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the factories of an async client and of its configuration."""
    try:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import AioSession
    except ImportError as error:
        raise ConfigurationError(
            "async sending needs aioboto3 or aiobotocore: pip install 'amsdal_mail[ses]'"
            " or 'amsdal_mail[ses-current]'"
        ) from error
    try:
        from aioboto3 import Session
    except ImportError:
        return AioSession().create_client, AioConfig
    return Session().client, AioConfig


@contextmanager
def _configuration_errors() -> Iterator[None]:
    """Raise the SDK's errors about a wrong profile, region or endpoint as ConfigurationError."""
    try:
        yield
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(str(error)) from error
