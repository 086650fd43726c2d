"""What never left this machine is `failed`, and never `unknown`: seen from the other end."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail import EmailMessage, SendState
from tests.unit.amsdal_mail.backends.servers import (
    SHORT,
    Handle,
    Server,
    abort,
    accept_mail,
    close,
    hang,
    reset,
    respond,
    self_signed,
    send_by,
    serving,
    ses,
    tls,
)

MESSAGE = EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", to=["a@x.io"])
WAYS = ["sync", "async"]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("host", ["127.0.0.1:{}", "ses.invalid:{}", "127.0.0.1.invalid"])
async def test_host_without_a_service_is_failed(way: str, host: str) -> None:
    backend = ses(f"https://{host.format(unused_port())}")

    status, error = await send_by(way, backend, [MESSAGE])

    assert status.recipients["a@x.io"].state is SendState.FAILED
    assert error is None


def timeouts(handle: Handle) -> dict[str, Any]:
    return SHORT if handle is hang else {}


def plain_text(server: Server, connection: socket.socket) -> None:
    connection.recv(1)
    respond(b"400 Bad Request")(server, connection)


BROKEN_TLS: dict[str, Handle] = {
    "closed": close,
    "reset": reset,
    "never answered": hang,
    "plain text": plain_text,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("handle", BROKEN_TLS.values(), ids=BROKEN_TLS)
async def test_broken_handshake_is_failed(way: str, handle: Handle) -> None:
    with serving(handle) as server:
        backend = ses(f"https://127.0.0.1:{server.port}", **timeouts(handle))
        status, _ = await send_by(way, backend, [MESSAGE])

    assert server.connections == 1
    assert status.recipients["a@x.io"].state is SendState.FAILED


@pytest.mark.parametrize("way", WAYS)
async def test_untrusted_certificate_is_a_wrong_set_up(way: str, certificate: Path) -> None:
    with serving(tls(accept_mail, certificate)) as server:
        status, error = await send_by(way, ses(f"https://127.0.0.1:{server.port}"), [MESSAGE])

    assert server.bodies == []
    assert status.recipients["a@x.io"].state is SendState.FAILED
    assert error is not None


@pytest.mark.parametrize("way", WAYS)
async def test_trusted_certificate_lets_the_email_through(
    way: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with serving(tls(accept_mail, certificate)) as server:
        status, _ = await send_by(way, ses(f"https://127.0.0.1:{server.port}"), [MESSAGE])

    assert status.is_success, status
    assert len(server.bodies) == 1


def refuse(status: bytes) -> Handle:
    def handle(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        respond(status)(server, connection)

    return handle


def read_and(handle: Handle) -> Handle:
    def handle_after(server: Server, connection: socket.socket) -> None:
        server.read_request(connection)
        handle(server, connection)

    return handle_after


PROXIES: dict[str, tuple[Handle, bool]] = {
    "wants a password": (refuse(b"407 Proxy Authentication Required"), True),
    "forbids": (refuse(b"403 Forbidden"), True),
    "cannot connect": (refuse(b"502 Bad Gateway"), False),
    "closes": (close, False),
    "closes after CONNECT": (read_and(close), False),
    "never answers": (hang, False),
    "says nonsense": (read_and(lambda _, c: c.sendall(b"nonsense\r\n\r\n")), False),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("handle", "is_setup"), PROXIES.values(), ids=PROXIES)
async def test_proxy_that_refuses_to_connect_is_failed(
    way: str, handle: Handle, is_setup: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(handle) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password@127.0.0.1:{proxy.port}")
        backend = ses("https://ses.example.com", **timeouts(handle))
        status, error = await send_by(way, backend, [MESSAGE])

    result = status.recipients["a@x.io"]
    assert proxy.connections == 1
    assert result.state is SendState.FAILED
    assert (error is not None) is is_setup
    assert "proxy-password" not in repr(status)
    assert "proxy-password" not in str(error)


@pytest.mark.parametrize("way", WAYS)
async def test_unreachable_proxy_is_failed(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password@127.0.0.1:{unused_port()}")

    status, _ = await send_by(way, ses("https://ses.example.com"), [MESSAGE])

    assert status.recipients["a@x.io"].state is SendState.FAILED
    assert "proxy-password" not in repr(status)


LOST: dict[str, Handle] = {
    "closed": close,
    "reset": abort,
    "never answered": hang,
    "nonsense": lambda _, connection: connection.sendall(b"nonsense\r\n\r\n"),
    "half a response": lambda _, connection: connection.sendall(b"HTTP/1.1 200 OK\r\n"),
}


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("handle", LOST.values(), ids=LOST)
async def test_response_lost_after_the_request_is_unknown(
    way: str,
    handle: Handle,
    scheme: str,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    after = read_and(handle)
    with serving(tls(after, certificate) if scheme == "https" else after) as server:
        backend = ses(f"{scheme}://127.0.0.1:{server.port}", **timeouts(handle))
        status, error = await send_by(way, backend, [MESSAGE])

    assert len(server.bodies) == 1
    assert status.recipients["a@x.io"].state is SendState.UNKNOWN
    assert error is None
