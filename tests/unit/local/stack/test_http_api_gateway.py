from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.stack.http_api_gateway import HTTPAPIGateway
from local.stack.local_requests import Message

HOST = "localhost:4800"
BASE = "/_aws/execute-api/a1b2c3/$default"
NOW = datetime.now(UTC)


class Function:
    """An integration that keeps the paths it was called with, and takes some time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.paths: list[str] = []
        self.finished = 0

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        body = (await receive())["body"]
        await asyncio.sleep(self.seconds)
        self.finished += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def signed(
    path: str, body: bytes = b"", query: str = "", method: str = "GET", secret: str = "test"
) -> dict[str, str]:
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers={"Host": HOST}, data=body)
    SigV4Auth(Credentials("test", secret), "execute-api", "us-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


async def call(
    gateway: HTTPAPIGateway,
    path: str,
    headers: dict[str, str],
    body: bytes = b"",
    query: str = "",
    method: str = "",
) -> tuple[int, bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Message = {
        "type": "http",
        "method": method or ("POST" if body else "GET"),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await gateway(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


ADDRESSES = ["bob@example.org", "a/b#c?d%e'f`g@example.org", 'o"k@example.org', "q+tag@example.org"]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_right_signature_passes_for_any_address(address: str) -> None:
    query = f"address={quote(address, safe='')}"
    headers = signed(f"{BASE}/suppressions", query=query)

    status, _ = await call(HTTPAPIGateway(Function()), f"{BASE}/suppressions", headers, query=query)

    assert status == 200


async def test_an_unencoded_query_is_checked_as_aws_encodes_it() -> None:
    headers = signed(f"{BASE}/suppressions", query="address=bob%40example.org")
    query = "address=bob@example.org"

    status, _ = await call(HTTPAPIGateway(Function()), f"{BASE}/suppressions", headers, query=query)

    assert status == 200


class CurlSigner(SigV4Auth):
    """curl signs the path as it is."""

    def _normalize_url_path(self, path: str) -> str:
        return path


@pytest.mark.parametrize(("path", "status"), [("emails", 200), ("emails/a%23b", 403)])
async def test_signature_of_curl_fits_the_stage_but_no_encoded_path(path: str, status: int) -> None:
    request = AWSRequest("GET", f"http://{HOST}{BASE}/{path}", headers={"Host": HOST})
    CurlSigner(Credentials("test", "test"), "execute-api", "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}

    response = await call(HTTPAPIGateway(Function()), f"{BASE}/{path}", headers)

    assert response[0] == status


def wrong() -> dict[str, tuple[dict[str, str], bytes]]:
    path, body = f"{BASE}/emails", b"{}"
    right = signed(path, body, method="POST")
    old = (NOW - timedelta(hours=1)).strftime("%Y%m%dT%H%M%SZ")
    return {
        "another secret": (signed(path, body, method="POST", secret="guess"), body),
        "another body": (right, b"{ }"),
        "another path": (signed(f"{BASE}/other", body, method="POST"), body),
        "an old date": (right | {"x-amz-date": old}, body),
        "no date": ({k: v for k, v in right.items() if k != "x-amz-date"}, body),
        "an unreadable header": (right | {"authorization": "AWS4-HMAC-SHA256 x"}, body),
        "a hash of another body": (right | {"x-amz-content-sha256": "0" * 64}, body),
    }


@pytest.mark.parametrize("name", wrong())
async def test_a_wrong_signature_is_forbidden(name: str) -> None:
    headers, body = wrong()[name]
    function = Function()

    status, body_text = await call(HTTPAPIGateway(function), f"{BASE}/emails", headers, body)

    assert (status, json.loads(body_text)) == (403, {"message": "Forbidden"})
    assert function.paths == []


async def test_the_gateway_hangs_up_and_the_function_runs_on() -> None:
    function = Function(seconds=0.2)

    status, body = await call(HTTPAPIGateway(function, timeout=0.05), f"{BASE}/x", {"host": HOST})

    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})
    await asyncio.sleep(0.3)
    assert function.finished == 1


async def test_the_path_ends_at_an_encoded_question_mark() -> None:
    function = Function()

    await call(HTTPAPIGateway(function), f"{BASE}/emails/a%3Fb", {"host": HOST})

    assert function.paths == [f"{BASE}/emails/a"]


async def test_other_calls_of_ministack_are_not_touched() -> None:
    function = Function(seconds=0.1)
    headers = {"host": HOST, "authorization": "AWS4-HMAC-SHA256 anything"}

    status, _ = await call(HTTPAPIGateway(function, timeout=0.01), "/", headers)

    assert status == 200


async def test_the_gateway_can_end_some_calls_early() -> None:
    gateway = HTTPAPIGateway(Function(seconds=0.1))
    path, early = "/_local/gateway", {"early_every": 2, "early_seconds": 0.01}

    await call(gateway, path, {"host": HOST}, json.dumps(early).encode(), method="PUT")
    responses = [await call(gateway, f"{BASE}/emails", {"host": HOST}) for _ in range(4)]
    _, counts = await call(gateway, path, {"host": HOST})

    assert [status for status, _ in responses] == [200, 503, 200, 503]
    assert json.loads(counts) == {"calls": 4, "ended": 2}
