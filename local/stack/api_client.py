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

from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY
from local.stack.samples import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What the API answered; `content` is the JSON document, None without one."""

    status: int
    content: Any


def call(api_url: str, request: Request) -> Answer:
    """Sign the request as IAM authorisation wants it, send it and return the answer."""
    url = api_url + request.path
    body = request.body.encode() or None
    signed = urllib.request.Request(  # noqa: S310 - our own loopback URL
        url,
        data=body,
        method=request.method,
        headers=signature(request.method, url, body, request.headers),
    )
    try:
        with urllib.request.urlopen(signed, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, json.loads(answer.read() or b"null"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, json.loads(error.read() or b"null"))


def get(api_url: str, path: str) -> Answer:
    """Call the API with GET."""
    return call(api_url, Request("GET", path, {}, ""))


def signature(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str]
) -> dict[str, str]:
    """Return `headers` with those of Signature Version 4 for the service execute-api."""
    request = AWSRequest(method, url, data=body, headers=dict(headers))
    SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "execute-api", REGION).add_auth(request)
    return dict(request.headers.items())
