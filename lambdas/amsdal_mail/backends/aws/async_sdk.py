"""The async SDK: aioboto3 where it is installed, else aiobotocore. Imported by async sends only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, cast

from botocore.httpsession import get_cert_path
from typing_extensions import override

from amsdal_mail.backends.aws.call import TracedBody
from amsdal_mail.backends.aws.threads import in_thread
from amsdal_mail.status import ConfigurationError

try:
    from aiobotocore.config import AioConfig
    from aiobotocore.httpsession import AIOHTTPSession
    from aiobotocore.session import AioSession
    from aiohttp.payload import BytesPayload
except ImportError as error:
    raise ConfigurationError(
        "async sending needs aioboto3 or aiobotocore: pip install 'amsdal_mail[ses]'"
        " or 'amsdal_mail[ses-current]'"
    ) from error

__all__ = ["client_factory"]


def client_factory(
    service_name: str, config: dict[str, Any], arguments: dict[str, Any]
) -> Callable[[], AbstractAsyncContextManager[Any]]:
    """Return a function that makes clients of one session, which reads its files only once."""
    try:
        from aioboto3 import Session
    except ImportError:
        make_client: Callable[..., Any] = AioSession().create_client
    else:
        make_client = Session().client
    aio_config = AioConfig(http_session_cls=HTTPSession, **config)
    return partial(make_client, service_name, config=aio_config, **arguments)


class HTTPSession(AIOHTTPSession):
    """The HTTP session of aiobotocore, without redirects, as in boto3.

    aiohttp follows a redirect by default: the email would go to a host that no option names, and a
    301 or 302 would become a GET whose response says nothing about the email.
    """

    _loaded_context: Any = None

    async def _get_session(self, proxy_url: str | None) -> Any:
        # aiobotocore before 3.0 reads the CA bundle on the event loop, for some 50 ms.
        is_blocking = not iscoroutinefunction(AIOHTTPSession._create_connector)  # type: ignore[attr-defined]
        if is_blocking and proxy_url not in self._sessions:  # type: ignore[attr-defined]
            self._loaded_context = await in_thread(self._load_context)
        return SessionWithoutRedirects(await super()._get_session(proxy_url))  # type: ignore[misc]

    def _get_ssl_context(self) -> Any:
        loaded, self._loaded_context = self._loaded_context, None
        return loaded or super()._get_ssl_context()  # type: ignore[misc]

    def _load_context(self) -> Any:
        context = super()._get_ssl_context()  # type: ignore[misc]
        bundle = get_cert_path(self._verify)  # type: ignore[attr-defined]
        if bundle:
            context.load_verify_locations(bundle)
            context.load_verify_locations = _already_loaded
        return context


def _already_loaded(*_: object) -> None:
    """Stand for `load_verify_locations` of a context that has the bundle."""


class SessionWithoutRedirects:
    """Stands for an aiohttp session."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, *, data: object, **arguments: Any) -> Any:
        """Make a request, and return a redirect as it is."""
        payload = TracedPayload(data) if isinstance(data, TracedBody) else data
        return await self._session.request(method, data=payload, **arguments, allow_redirects=False)


class TracedPayload(BytesPayload):
    """A body that notes when aiohttp begins to write it. Versions differ in what they call."""

    def __init__(self, body: TracedBody) -> None:
        super().__init__(cast("bytes", body.content))  # a thread makes larger calls
        self._transmission = body.transmission

    @override
    async def write(self, writer: Any) -> None:
        self._transmission.begin()
        await super().write(writer)

    @override
    async def write_with_length(self, writer: Any, content_length: int | None) -> None:
        self._transmission.begin()
        await super().write_with_length(writer, content_length)
