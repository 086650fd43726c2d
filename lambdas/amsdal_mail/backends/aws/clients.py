"""Makes the clients of the AWS SDK: the boto3 client, and an async client for each event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.backends.aws.setup_check import check_setup
from amsdal_mail.backends.aws.threads import start_in_thread
from amsdal_mail.backends.aws.transmission import trace
from amsdal_mail.backends.aws.unsent import classify_unsent_error
from amsdal_mail.status import ConfigurationError

__all__ = ["AsyncClients", "new_client"]

FORK_PATIENCE = 10.0
"""Seconds for which a fork waits for a client that is being made. A process that is forked in the
middle of an import can never import that module."""

CREATION_ERRORS = (BotoCoreError, ClientError, LookupError, OSError, TypeError, ValueError)

ClientFactory = Callable[[], AbstractAsyncContextManager[Any]]

making = threading.RLock()
"""Held while a client is made, and during a fork."""


def new_client(service_name: str, options: AWSOptions, config: dict[str, Any]) -> Any:
    """Return a new boto3 client.

    Raises:
        ConfigurationError: an option, the environment or a profile is wrong.
    """
    with making, _configuration_errors():
        import boto3
        from botocore.config import Config

        session = options.session or boto3.Session(**options.session_arguments())
        client = session.client(
            service_name,  # type: ignore[call-overload]
            region_name=options.region_name,
            endpoint_url=options.endpoint_url,
            config=Config(**config),
        )
        return _checked(client, options)


@contextmanager
def _configuration_errors() -> Iterator[None]:
    """Raise each error of making a client as ConfigurationError: nothing is sent yet.

    The SDK raises its own errors and Python's for a wrong profile, region, endpoint or file.
    """
    try:
        yield
    except ConfigurationError:
        raise
    except CREATION_ERRORS as error:
        result = classify_unsent_error(error)
        text = result.error_message or type(error).__name__
        raised = (result.raises or ConfigurationError)(text)
        # The text of the first error may have a password that ours leaves out.
        raise raised from (error if text == str(error) else None)


def _checked(client: Any, options: AWSOptions) -> Any:
    """Return the client, with its set-up checked and its calls traced."""
    check_setup(client, options)
    trace(client)
    return client


class AsyncClients:
    """The async clients of a connection. A client belongs to one event loop.

    Each event loop has a factory of its own, as credentials and their locks belong to a loop too.
    """

    def __init__(self, service_name: str, options: AWSOptions, config: dict[str, Any]) -> None:
        self._service_name = service_name
        self._options = options
        self._config = config
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Loop] = WeakKeyDictionary()

    async def open(self) -> None:
        """Keep a client for the calls of this event loop."""
        loop = self._loop()
        async with loop.opening:
            if loop.opened is None:
                loop.opened = _OpenClient(await self._new_client(loop))

    async def close(self) -> None:
        """Close the client of this event loop, or let the last send that uses it close it."""
        loop = self._loop()
        opened, loop.opened = loop.opened, None
        if opened is not None:
            opened.is_released = True
            await opened.close_if_unused()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        """Return the client of this event loop, or one for this time only."""
        loop = self._loop()
        opened = loop.opened
        if opened is None:
            opened = _OpenClient(await self._new_client(loop))
            opened.is_released = True
        opened.users += 1
        try:
            yield opened.client
        finally:
            opened.users -= 1
            await opened.close_if_unused()

    def turns(self) -> asyncio.Lock:
        """Return the lock by which the calls of this event loop begin one after the other."""
        return self._loop().turns

    def _loop(self) -> _Loop:
        return self._loops.setdefault(asyncio.get_running_loop(), _Loop())

    async def _new_client(self, loop: _Loop) -> Any:
        if self._options.session is not None:
            raise ConfigurationError(
                "a boto3 session cannot be used in async code: give keys instead of a session"
            )
        if loop.factory is not None:
            with _configuration_errors():
                return _checked(await loop.factory().__aenter__(), self._options)
        # The first time, the SDK imports modules and reads its models: in a thread, as that takes
        # a tenth of a second and more. The client has no connections yet, so any loop can use it.
        future = start_in_thread(self._first_client)
        if future is None:
            loop.factory = self._factory()
            return await self._new_client(loop)
        loop.factory, client = await future
        return client

    def _first_client(self) -> tuple[ClientFactory, Any]:
        async def make() -> Any:
            return await factory().__aenter__()

        with making, _configuration_errors():
            factory = self._factory()
            return factory, _checked(asyncio.run(make()), self._options)

    def _factory(self) -> ClientFactory:
        from amsdal_mail.backends.aws.async_sdk import client_factory

        arguments = self._options.session_arguments()
        arguments["endpoint_url"] = self._options.endpoint_url
        return client_factory(self._service_name, self._config, arguments)


class _OpenClient:
    """An async client, which is closed when it is released and no send uses it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.users = 0
        self.is_released = False

    async def close_if_unused(self) -> None:
        if self.is_released and not self.users:
            await self.client.close()


class _Loop:
    """What a connection keeps for one event loop."""

    def __init__(self) -> None:
        self.opening = asyncio.Lock()
        self.turns = asyncio.Lock()
        self.factory: ClientFactory | None = None
        self.opened: _OpenClient | None = None


# A fork waits for the client that another thread makes, and the child gets new locks.


def _before_fork() -> None:
    global _is_held
    _is_held = making.acquire(timeout=FORK_PATIENCE)


def _after_fork_in_parent() -> None:
    if _is_held:
        making.release()


def _after_fork_in_child() -> None:
    global making
    making = threading.RLock()


_is_held = False
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
