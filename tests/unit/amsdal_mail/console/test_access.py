"""Who gets in: the browser with the one-time address, and requests of the page itself."""

from __future__ import annotations

import pytest

from amsdal_mail.console.context import Console
from tests.unit.amsdal_mail.console.conftest import TOKEN, Browser, Reader
from tests.unit.amsdal_mail.console.fake_source import FakeSource

COOKIE = "amsdal_mail_console_4850"


@pytest.fixture
def stranger(source: FakeSource) -> Reader:
    return Reader(Console(source, allow_changes=True))


@pytest.mark.parametrize("path", ["/", "/emails/e1", "/static/console.js", "/parts/rows", "/none"])
def test_nothing_is_shown_without_the_address(stranger: Reader, path: str) -> None:
    assert stranger.status(path) == 403


def test_address_works_once(stranger: Reader) -> None:
    first = stranger.open(f"/?token={TOKEN}", follow=False)
    other = Browser(stranger.browser.app)

    again = other.request("GET", f"/?token={TOKEN}", follow=False)

    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert again.status_code == 403
    assert "set-cookie" not in again.headers
    assert stranger.status("/") == 200
    assert other.request("GET", "/").status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", "%00", "%C3%BC", TOKEN + "x", TOKEN[:-1]])
def test_wrong_token_lets_nobody_in_and_uses_nothing_up(stranger: Reader, token: str) -> None:
    assert stranger.status(f"/?token={token}") == 403
    assert stranger.status(f"/?token={TOKEN}") == 200


@pytest.mark.parametrize(
    "cookie", ["", "x", f"{COOKIE}=", f"{COOKIE}=guess", f'{COOKIE}="', f"{COOKIE}=\xfc", "=;=,"]
)
def test_other_cookies_let_nobody_in(stranger: Reader, cookie: str) -> None:
    response = stranger.open("/", headers={"cookie": cookie.encode("latin-1")})

    assert response.status_code == 403


HEADERS = {
    "foreign host": {"host": "evil.example.com"},
    "foreign host with this port": {"host": "evil.example.com:4850"},
    "foreign page": {"sec-fetch-site": "cross-site"},
    "page at another port": {"sec-fetch-site": "same-site"},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_page_elsewhere_reads_nothing(reader: Reader, headers: dict[str, str]) -> None:
    assert reader.open("/", headers=headers).status_code == 403


ORIGINS = {
    "another port": {"origin": "http://127.0.0.1:4851"},
    "null": {"origin": "null"},
    "another site": {"origin": "https://evil.example.com"},
    "no origin but the site": {"sec-fetch-site": "cross-site"},
}


@pytest.mark.parametrize("headers", ORIGINS.values(), ids=ORIGINS)
def test_page_elsewhere_changes_nothing(
    reader: Reader, source: FakeSource, headers: dict[str, str]
) -> None:
    response = reader.submit("/suppressions/remove", {"address": "a@example.net"}, **headers)

    assert response.status_code == 403
    assert source.calls == []


@pytest.mark.parametrize("path", ["/", "/metrics", "/doctor"])
def test_pages_cannot_be_framed_and_run_no_inline_script(reader: Reader, path: str) -> None:
    headers = reader.open(path).headers
    policy = headers["content-security-policy"]

    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert headers["cache-control"] == "no-store"
