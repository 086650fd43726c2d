"""A browser, the inbox page of the deployed stack, and a foreign web site."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import chromium
from tests.e2e.service import Service

TIMEOUT_MS = 20_000
"""A cold function of the deployed stack needs some seconds to start."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests before the stack is deployed for them."""
    if reason := chromium.skip_reason():
        for item in items:
            if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason=reason))


class OtherSite:
    """A web site that records the requests to it."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.path)
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>Elsewhere</title>")

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def other_site() -> Iterator[OtherSite]:
    site = OtherSite()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser per module. Its event loop must end before other asyncio tests run."""
    path = chromium.find()
    assert path, chromium.HOW
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=chromium.flags())
        yield started
        started.close()


@pytest.fixture
def address(service: Service) -> str:
    """The address of the pages: the inbox of the local AWS, unless a test has another."""
    return service.aws.ses_url


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    parts = urlsplit(address)
    opened = browser.new_context(
        base_url=f"http://{parts.netloc}",
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    opened.set_default_timeout(TIMEOUT_MS)
    if parts.query:  # the one-time token of a console
        first = opened.new_page()
        first.goto(address)
        first.close()
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def recipient() -> str:
    """Return a new address: a bounce of a test must not suppress the address of another."""
    return f"anna-{uuid4().hex[:8]}@example.net"
