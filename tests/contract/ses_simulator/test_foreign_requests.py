"""Other web pages in a browser of this machine cannot read or change anything."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from tests.contract.ses_simulator.running import Simulator

REFUSED = {
    "another name for this address": ("GET", {"Host": "evil.example"}),
    "another name with our port": ("GET", {"Host": "evil.example:{port}"}),
    "a form of another page": ("POST", {"Origin": "https://evil.example"}),
    "a form of another local page": ("POST", {"Origin": "http://localhost:3000"}),
    "a form in a sandboxed frame": ("POST", {"Origin": "null"}),
    "a browser that says cross-site": ("POST", {"Sec-Fetch-Site": "cross-site"}),
    "a browser that says same-site": ("POST", {"Sec-Fetch-Site": "same-site"}),
}
ACCEPTED = {
    "a program": ("POST", {}),
    "by address": ("GET", {"Host": "127.0.0.1:{port}"}),
    "by version 6": ("GET", {"Host": "[::1]:{port}"}),
    "our own page": ("POST", {"Origin": "http://localhost:{port}", "Host": "localhost:{port}"}),
    "a link on another page": ("GET", {"Origin": "https://evil.example"}),
}


def status(simulator: Simulator, method: str, headers: dict[str, str]) -> int:
    port = urlsplit(simulator.url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    given = {name: value.format(port=port) for name, value in headers.items()}
    path = "/_local/reset" if method == "POST" else "/"
    connection.request(method, path, headers=given)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


@pytest.mark.parametrize(("method", "headers"), REFUSED.values(), ids=REFUSED)
def test_request_of_another_site_is_refused(
    simulator: Simulator, method: str, headers: dict[str, str]
) -> None:
    assert status(simulator, method, headers) == 403


@pytest.mark.parametrize(("method", "headers"), ACCEPTED.values(), ids=ACCEPTED)
def test_request_of_this_machine_is_accepted(
    simulator: Simulator, method: str, headers: dict[str, str]
) -> None:
    assert status(simulator, method, headers) == 200
