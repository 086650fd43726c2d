"""One signed call to the HTTP API of a stage.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest

    from amsdal_mail.cli.stage import Stage

__all__ = ["Call", "HttpResponse", "NoResponseError", "SignedHttp", "Transport"]

TOKEN_VARIABLE = "AMSDAL_MAIL_TOKEN"  # noqa: S105 - a name
"""The environment variable with the JWT, for a stage whose API takes tokens (`jwt_issuer`)."""
SIGNING_NAME = "execute-api"
TIMEOUT_SECONDS = 35
"""More than the 30 seconds after which API Gateway ends a request."""


class NoResponseError(Exception):
    """No response came: nobody knows whether the request was handled."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API. `path` begins with a slash and is encoded."""

    method: str
    path: str
    query: Mapping[str, str | int]
    headers: Mapping[str, str]
    body: bytes | None

    def url(self, base: str) -> str:
        """Return the URL. A plus in an address stays a plus."""
        pairs = sorted((name, str(value)) for name, value in self.query.items())
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        return f"{base.rstrip('/')}{self.path}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response of any status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """What makes a call."""

    def __call__(self, call: Call) -> HttpResponse:
        """Return the response to a call of the API.

        Raises:
            NoResponseError: none came.
        """

    def plain(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpResponse:
        """Return the response of a URL that has its signature within, as S3 takes it.

        Raises:
            NoResponseError: none came.
        """


class SignedHttp:
    """Calls the API of a stage with SigV4, or with the JWT in AMSDAL_MAIL_TOKEN."""

    def __init__(self, stage: Stage) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self._stage = stage
        self._base = stage.output("ApiUrl")
        proxies = {} if stage.is_local else get_environ_proxies(self._base)
        self._session = URLLib3Session(
            timeout=TIMEOUT_SECONDS,
            proxies=proxies,
            verify=_ca_bundle(),  # type: ignore[arg-type]  # the stubs know no path
        )

    def __call__(self, call: Call) -> HttpResponse:
        """Return the response.

        Raises:
            NoResponseError: none came.
            BotoCoreError: the credentials cannot be read.
        """
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(
            call.method, call.url(self._base), data=call.body, headers=dict(call.headers)
        )
        self._authorize(request)
        return self._send(request)

    def plain(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpResponse:
        """Return the response of a URL that has its signature within, as S3 takes it.

        Raises:
            NoResponseError: none came, or the URL is none of HTTP.
        """
        from botocore.awsrequest import AWSRequest

        if urlsplit(url).scheme not in {"http", "https"}:
            raise NoResponseError("the API named a URL that is not of HTTP")
        return self._send(AWSRequest(method, url, data=body, headers=dict(headers)))

    def _send(self, request: AWSRequest) -> HttpResponse:
        from botocore.exceptions import ConnectionError as AWSConnectionError
        from botocore.exceptions import HTTPClientError

        try:
            response = self._session.send(request.prepare())
            content = response.content
        except (HTTPClientError, AWSConnectionError) as error:
            raise NoResponseError(str(error)) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status_code, headers, content)

    def _authorize(self, request: AWSRequest) -> None:
        from botocore.auth import SigV4Auth
        from botocore.exceptions import NoCredentialsError

        token = None if self._stage.is_local else os.environ.get(TOKEN_VARIABLE)
        if token:
            request.headers["Authorization"] = f"Bearer {token.strip()}"
            return
        credentials = self._stage.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials, SIGNING_NAME, self._stage.region).add_auth(request)


def _ca_bundle() -> str | bool:
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True
