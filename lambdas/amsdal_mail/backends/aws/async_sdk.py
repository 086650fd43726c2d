"""The async SDK: aioboto3 where it is installed, else aiobotocore. Imported by async sends only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from amsdal_mail.status import ConfigurationError

try:
    from aiobotocore.config import AioConfig
    from aiobotocore.httpsession import AIOHTTPSession
    from aiobotocore.session import AioSession
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

    aiohttp follows a redirect by default: the email would go to a host that nobody named, and a
    301 or 302 would become a GET whose response says nothing about the email.
    """

    async def _get_session(self, proxy_url: str | None) -> Any:
        return SessionWithoutRedirects(await super()._get_session(proxy_url))  # type: ignore[misc]


class SessionWithoutRedirects:
    """Stands for an aiohttp session."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **arguments: Any) -> Any:
        """Make a request, and return a redirect as it is."""
        return await self._session.request(method, **arguments, allow_redirects=False)
