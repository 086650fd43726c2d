"""Keeps the async clients of a connection: one for each event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from amsdal_mail.backends.aws.clients import checked_client, configuration_errors, making_client
from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.backends.aws.threads import start_in_thread
from amsdal_mail.backends.aws.turns import Turns
from amsdal_mail.status import ConfigurationError

__all__ = ["AsyncClients"]

ClientFactory = Callable[[], AbstractAsyncContextManager[Any]]


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

    def turns(self) -> Turns:
        """Return the turns in which the calls of this event loop begin."""
        return self._loop().turns

    def _loop(self) -> _Loop:
        return self._loops.setdefault(asyncio.get_running_loop(), _Loop())

    async def _new_client(self, loop: _Loop) -> Any:
        if self._options.session is not None:
            raise ConfigurationError(
                "a boto3 session cannot be used in async code: give keys instead of a session"
            )
        if loop.factory is not None:
            with configuration_errors():
                return checked_client(await loop.factory().__aenter__(), self._options)
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

        with making_client():
            factory = self._factory()
            return factory, checked_client(asyncio.run(make()), self._options)

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
        self.turns = Turns()
        self.factory: ClientFactory | None = None
        self.opened: _OpenClient | None = None
