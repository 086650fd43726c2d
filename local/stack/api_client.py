"""Signed calls to the deployed HTTP API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.process.loopback import urlopen
from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY
from local.stack.samples import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Response", "call", "get", "signed_headers"]

TIMEOUT_SECONDS = 35
"""More than the 30 seconds of API Gateway."""


@dataclass(frozen=True)
class Response:
    """A response of the API. `content` is the JSON document, None when the body is empty."""

    status: int
    content: Any


def call(api_url: str, request: Request) -> Response:
    """Sign and send the request. Error statuses are returned, not raised."""
    url = api_url + request.path
    body = request.body.encode() or None
    signed = urllib.request.Request(  # noqa: S310 - our loopback URL
        url,
        data=body,
        method=request.method,
        headers=signed_headers(request.method, url, body, request.headers),
    )
    try:
        with urlopen(signed, timeout=TIMEOUT_SECONDS) as response:
            return Response(response.status, json.loads(response.read() or b"null"))
    except urllib.error.HTTPError as error:
        return Response(error.code, json.loads(error.read() or b"null"))


def get(api_url: str, path: str) -> Response:
    """Call the API with GET."""
    return call(api_url, Request("GET", path, {}, ""))


def signed_headers(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str]
) -> dict[str, str]:
    """Return `headers` with a Signature Version 4 for the service execute-api.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
    """
    request = AWSRequest(method, url, data=body, headers=dict(headers))
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "execute-api", REGION).add_auth(request)
    return dict(request.headers.items())
