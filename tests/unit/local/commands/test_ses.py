"""`python -m local ses`: each command becomes a change that the switches accept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from local.commands.ses import main
from local.ses.switches import Switches

COMMANDS = {
    "throttle": {"throttle": {"calls": 1}},
    "throttle --calls 10": {"throttle": {"calls": 10}},
    "server-error --chance 0.5 --status 503": {"server_error": {"chance": 0.5, "status": 503}},
    "drop response": {"drop_response": {"calls": 1}},
    "drop request --calls 2": {"drop_request": {"calls": 2}},
    "latency 200": {"latency_ms": 200},
    "pause": {"paused": {"account": "SendingPausedException"}},
    "pause --code MessageRejected": {"paused": {"account": "MessageRejected"}},
    "pause --configuration-set a": {"paused": {"configuration_sets": ["a"]}},
    "resume": {"paused": {"account": None, "configuration_sets": []}},
    "rate 14": {"max_send_rate": 14},
    "rate none": {"max_send_rate": None},
    "quota 200": {"max_24_hour_send": 200},
    "api-rate 1": {"api_rate": 1},
    "sandbox on": {"sandbox": True},
    "verify a@b.c example.org": {"identities": {"a@b.c": "SUCCESS", "example.org": "SUCCESS"}},
    "unverify example.com": {"identities": {"example.com": "PENDING"}},
    "unverify example.com --status FAILED": {"identities": {"example.com": "FAILED"}},
    "any-sender on": {"any_sender": True},
    "any-sender off": {"any_sender": False},
    "events --shuffle --delay-ms 5": {"events": {"shuffle": True, "delay_ms": 5}},
    "events --lost-chance 1": {"events": {"lost_chance": 1.0}},
}


class ControlPath(BaseHTTPRequestHandler):
    """Records the calls, and responds with switches as the simulator does."""

    calls: list[tuple[str, Any]] = []

    def do_PUT(self) -> None:
        change = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.calls.append((self.path, change))
        self._respond(200, Switches().changed(change).model_dump())

    def do_GET(self) -> None:
        self._respond(400, {"errors": []})

    def _respond(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), ControlPath) as server:
        ControlPath.calls.clear()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("command", "change"), COMMANDS.items(), ids=COMMANDS)
def test_a_command_changes_its_switch_and_prints_it(
    url: str, command: str, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--url", url, *command.split()]) == 0

    assert ControlPath.calls == [("/_local/switches", change)]
    assert json.loads(capsys.readouterr().out).keys() == change.keys()


def test_the_address_may_stand_after_the_command(url: str) -> None:
    assert main(["latency", "200", "--url", url]) == 0
    assert main(["--url", "http://127.0.0.1:1", "resume", f"--url={url}"]) == 0

    assert [path for path, _change in ControlPath.calls] == ["/_local/switches"] * 2


@pytest.mark.parametrize("address", ["http://localhost:port", "localhost:4801", "http://[::1"])
def test_an_address_that_cannot_be_read_is_reported(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", address)

    assert main(["show"]) == 1

    assert capsys.readouterr().err.startswith(f"{address}: ")


def test_a_refusal_is_shown_with_the_simulators_response(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--url", url, "show"]) == 1

    assert '{"errors": []}' in capsys.readouterr().err


def test_a_missing_simulator_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:1", "show"]) == 1

    error = capsys.readouterr().err
    assert "Is `make local` running?" in error
    assert "source .local/<PORT>/env" in error
    assert "--url" in error


def test_an_address_without_a_scheme_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--url", "localhost:4801", "show"])

    error = "argument --url: must begin with http:// or https://, not 'localhost:4801'"
    assert error in capsys.readouterr().err


def test_a_limit_is_a_number_or_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["rate", "fast"])

    error = "argument recipients: must be a number or none, not 'fast'"
    assert error in capsys.readouterr().err
