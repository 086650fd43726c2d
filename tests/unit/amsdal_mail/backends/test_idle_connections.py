"""A connection that the other side closed while it was idle, as in a frozen function."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from amsdal_mail import EmailMessage, SendState
from amsdal_mail.backends.aws.backend import IDLE_LIMIT
from amsdal_mail.backends.ses import SESBackend

MESSAGE = EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", to=["a@x.io"])
RESPONSE = json.dumps({"MessageId": "0100-a"}).encode()


class OneRequestPerConnection(BaseHTTPRequestHandler):
    """Responds to the first request of a connection, and closes it on the second."""

    protocol_version = "HTTP/1.1"
    requests = 0

    def do_POST(self) -> None:
        self.requests += 1
        self.rfile.read(int(self.headers["content-length"]))
        self.close_connection = self.requests > 1
        if self.requests > 1:
            return
        self.send_response(200)
        self.send_header("content-length", str(len(RESPONSE)))
        self.end_headers()
        self.wfile.write(RESPONSE)

    def log_message(self, *_args: object) -> None:
        """Log nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), OneRequestPerConnection)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("idle", "state"),
    [(IDLE_LIMIT - 1, SendState.UNKNOWN), (IDLE_LIMIT + 1, SendState.ACCEPTED)],
    ids=["used again", "opened anew"],
)
def test_connection_that_was_idle_for_long_is_opened_anew(
    url: str, idle: float, state: SendState
) -> None:
    now = [1_000.0]
    backend = SESBackend(
        clock=lambda: now[0],
        environ={},
        endpoint_url=url,
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
    )
    with backend:
        backend.send_messages([MESSAGE])
        now[0] += idle
        status = backend.send_messages([MESSAGE])

    assert status.recipients["a@x.io"].state is state
