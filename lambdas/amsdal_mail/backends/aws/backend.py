"""AWSBackend: sends through the client of one AWS service, sync and async."""

from __future__ import annotations

import os
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import fields
from functools import partial
from inspect import Parameter, signature
from itertools import chain
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from typing_extensions import override

from amsdal_mail.backends.aws.call import NOT_SENT
from amsdal_mail.backends.aws.clients import new_client
from amsdal_mail.backends.aws.flow import CallResult, EntryResult, Flow
from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.backends.aws.run import FlowRun
from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.cancellation import attach_status
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import (
    ConfigurationError,
    RecipientStatus,
    RetryHint,
    SendState,
    SendStatus,
)

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from amsdal_mail.backends.aws.async_clients import AsyncClients
    from amsdal_mail.backends.aws.s3 import S3Connection

__all__ = ["AWSBackend", "SendPlan"]

IDLE_LIMIT = 30.0
"""Seconds after which an idle connection is not used again. Lambda freezes a function between
invocations, so the function does not see that the other side closes the connection; a call over
it would end without a response.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""

CONNECTIONS: WeakSet[AWSBackend] = WeakSet()
"""The connections of this process, which a forked process renews."""

SendPlan = list[Flow[list[EntryResult]]]
"""The flows that send some messages, in the order of the messages."""

Planner = Callable[[list[EmailMessage], "ServiceModel"], SendPlan]


class AWSBackend(BaseBackend):
    """Base of the backends that call one AWS service.

    All threads share one client, which is thread-safe. Each event loop has an async client of its
    own: it is kept between `aopen` and `aclose` (or within `async with`); otherwise each
    `asend_messages` makes a client. All clients are `Any`, as one driver calls two services.
    """

    service_name: str
    sdk_attempts = 1
    """How often the SDK itself tries a call. Not an option: it decides what can be sent twice."""

    def __init__(self, options: AWSOptions, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self._clock = clock
        self._used_at = 0.0
        self._client: Any = None
        self._client_pid = 0
        self.renew()
        CONNECTIONS.add(self)

    def renew(self) -> None:
        """Make new locks, and async clients at their next use.

        For a forked process: a thread that is gone may hold the old locks.
        """
        self._lock = threading.Lock()
        self._kept_async_clients: AsyncClients | None = None
        self._s3: S3Connection | None = None

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
        return self._send(messages, self.plan)

    def _send(self, messages: Iterable[EmailMessage], plan: Planner) -> SendStatus:
        valid_messages = validate_messages(messages)
        with Attempt(valid_messages) as attempt:
            client = self.client()
            flows = plan(valid_messages, client.meta.service_model)
            attempt.run = run = FlowRun(client, flows, self.options.max_concurrency)
            return collect_status(chain.from_iterable(run.run()))

    @override
    async def asend_messages(self, messages: Iterable[EmailMessage]) -> SendStatus:
        # An event loop has no threads any more, so it finds no host and opens no connection.
        if not threading.main_thread().is_alive():
            return self.send_messages(messages)
        # Here, as asyncio would be 6 ms of a cold start that sends in threads only.
        from amsdal_mail.backends.aws.run_async import AsyncFlowRun, is_quick
        from amsdal_mail.backends.aws.threads import in_thread

        valid_messages = validate_messages(messages)
        is_on_the_loop = is_quick(valid_messages)
        clients = self._async_clients()
        with Attempt(valid_messages) as attempt:
            async with clients.client() as client:
                make_plan = partial(self.plan, valid_messages, client.meta.service_model)
                flows = make_plan() if is_on_the_loop else await in_thread(make_plan)
                width = self.options.max_concurrency
                run = AsyncFlowRun(client, flows, width, self.client, clients.turns())
                attempt.run = run
                results = chain.from_iterable(await run.run_async())
            collect = partial(collect_status, results)
            return collect() if is_on_the_loop else await in_thread(collect)

    def _async_clients(self) -> AsyncClients:
        from amsdal_mail.backends.aws.async_clients import AsyncClients

        with self._lock:
            if self._kept_async_clients is None:
                self._kept_async_clients = AsyncClients(
                    self.service_name, self.options, self._config()
                )
            return self._kept_async_clients

    def client(self) -> Any:
        """Return the boto3 client, which is made at first use and again in a forked process."""
        with self._lock:
            if self._client is None or self._client_pid != os.getpid():
                client = new_client(self.service_name, self.options, self._config())
                self._client, self._client_pid = client, os.getpid()
            elif self._clock() - self._used_at > IDLE_LIMIT:
                self._client.close()  # closes the connections: the client opens new ones
            self._used_at = self._clock()
            return self._client

    def s3(self) -> S3Connection:
        """Return the S3 connection, which is made at first use."""
        from amsdal_mail.backends.aws.s3 import S3Connection

        with self._lock:
            self._s3 = self._s3 or S3Connection(self.options)
            return self._s3

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
        await self._async_clients().open()

    @override
    async def aclose(self) -> None:
        await self._async_clients().close()

    def _config(self) -> dict[str, Any]:
        retries = {"total_max_attempts": self.sdk_attempts, "mode": "standard"}
        return {"retries": retries, **self.options.client_config()}


class Attempt:
    """One send: a context manager whose errors have the status of each message."""

    def __init__(self, messages: list[EmailMessage]) -> None:
        self._messages = messages
        self.run: FlowRun[list[EntryResult]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if isinstance(error, ConfigurationError) and error.status is None:
            code, text = type(error).__name__, str(error)
            result = CallResult(SendState.FAILED, RetryHint.LATER, None, code, text)
            error.status = self._same_for_all(result)
        elif error is not None and not isinstance(error, Exception):
            attach_status(error, self._status_so_far())

    def _status_so_far(self) -> SendStatus:
        if self.run is None:
            return self._same_for_all(NOT_SENT)
        return combine_entries(chain.from_iterable(self.run.results))

    def _same_for_all(self, result: CallResult) -> SendStatus:
        return combine_entries(
            EntryResult(index, tuple(a.addr_spec for a in message.recipients), result)
            for index, message in enumerate(self._messages)
        )


def collect_status(entries: Iterable[EntryResult]) -> SendStatus:
    """Return the status of each message and recipient; the entries come in message order.

    Raises:
        ConfigurationError: AWS refused credentials, permission, template, queue or the like in at
            least one call. It has the whole status.
    """
    entries = list(entries)
    status = combine_entries(entries)
    for _, _, result in entries:
        if result.raises:
            raise result.raises(f"{result.error_code}: {result.error_message}", status)
    return status


def combine_entries(entries: Iterable[EntryResult]) -> SendStatus:
    """Return the status of each message and recipient, whatever AWS refused."""
    by_message: dict[int, list[RecipientStatus]] = {}
    for index, addresses, result in entries:
        recipients = by_message.setdefault(index, [])
        recipients += [_recipient_status(address, result) for address in addresses]
    return SendStatus.combine(map(SendStatus.from_recipients, by_message.values()))


def _recipient_status(address: str, result: CallResult) -> RecipientStatus:
    return RecipientStatus(
        address=address,
        state=result.state,
        message_id=result.message_id,
        error_code=result.error_code,
        error_message=result.error_message,
        retry=result.retry,
    )


def _renew_connections() -> None:
    for connection in list(CONNECTIONS):
        connection.renew()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew_connections)
