from __future__ import annotations

import pytest

from local.stack.local_requests import LocalRequestsOnly, Message, refusal

HOST = "localhost:4800"
ALLOWED: dict[str, dict[str, str]] = {
    "a program": {"host": HOST},
    "an address": {"host": "127.0.0.1:4800"},
    "IPv6": {"host": "[::1]:4800"},
    "an API's host name": {"host": "feed0001.execute-api.localhost:4800"},
    "a typed address": {"host": HOST, "sec-fetch-site": "none"},
    "its own page": {"host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"},
}
REFUSED: dict[str, dict[str, str]] = {
    "no host": {},
    "another host name": {"host": "evil.example:4800"},
    "a name that ends alike": {"host": "evil-localhost:4800"},
    "a name below ours": {"host": "localhost.evil.example"},
    "another origin": {"host": HOST, "origin": "https://evil.example"},
    "another port's page": {"host": HOST, "origin": "http://localhost:3000"},
    "a sandboxed page": {"host": HOST, "origin": "null"},
    "an image of another page": {"host": HOST, "sec-fetch-site": "cross-site"},
    "a form of another port": {"host": HOST, "sec-fetch-site": "same-site"},
    "two origins": {"host": HOST, "origin": f"http://{HOST}, https://evil.example"},
}


@pytest.mark.parametrize("headers", ALLOWED.values(), ids=ALLOWED)
def test_local_requests_pass(headers: dict[str, str]) -> None:
    assert refusal("http", headers) is None


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_requests_of_foreign_pages_are_refused(headers: dict[str, str]) -> None:
    assert refusal("http", headers) is not None


async def responses(scope: Message) -> list[Message]:
    sent: list[Message] = []

    async def app(_scope: Message, _receive: object, send: object) -> None:
        headers = [(b"Access-Control-Allow-Origin", b"*"), (b"x-amzn-requestid", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    await LocalRequestsOnly(app)(scope, receive, send)
    return sent


def request(kind: str = "http", **headers: str) -> Message:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "scheme": "http", "headers": encoded}


async def test_a_response_carries_no_cors_header() -> None:
    (start,) = await responses(request(host=HOST))

    assert start["headers"] == [(b"x-amzn-requestid", b"1")]


async def test_a_refused_request_does_not_reach_ministack() -> None:
    start, body = await responses(request(host=HOST, origin="https://evil.example"))

    assert start["status"] == 403
    assert b"another origin" in body["body"]


async def test_a_refused_websocket_is_closed() -> None:
    (close,) = await responses(request("websocket", host="evil.example"))

    assert (close["type"], close["code"]) == ("websocket.close", 1008)
