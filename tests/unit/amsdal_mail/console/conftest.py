"""The console over a source in memory, and a browser that has got its address."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from amsdal_mail.console.context import Console
from amsdal_mail.console.server import build_app
from tests.unit.amsdal_mail.console.fake_source import FakeSource

__all__ = ["ADDRESS", "TOKEN", "Browser", "Reader", "words"]

TOKEN = "the-one-time-token"
ADDRESS = "http://127.0.0.1:4850"


class Browser:
    """Makes requests of an application, and keeps its cookies."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.cookies = httpx.Cookies()

    def request(
        self, method: str, path: str, *, follow: bool = True, **options: Any
    ) -> httpx.Response:
        return asyncio.run(self._request(method, path, follow, options))

    async def _request(self, method: str, path: str, follow: bool, options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url=ADDRESS, cookies=self.cookies
        ) as client:
            response = await client.request(method, path, follow_redirects=follow, **options)
            self.cookies = client.cookies
            return response


class Reader:
    """A browser with the console, that sends forms as a page does."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.browser = Browser(build_app(console, TOKEN, 4850))

    def enter(self) -> Reader:
        assert self.status(f"/?token={TOKEN}") == 200
        return self

    def open(self, path: str, **options: Any) -> httpx.Response:
        return self.browser.request("GET", path, **options)

    def get(self, path: str) -> str:
        response = self.open(path)
        assert response.status_code == 200, response.text
        return response.text

    def status(self, path: str) -> int:
        return self.open(path).status_code

    def submit(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        values = {"csrf": self.console.csrf, **form}
        return self.browser.request("POST", path, data=values, headers=headers, follow=False)


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def reader(source: FakeSource) -> Reader:
    return Reader(Console(source, allow_changes=True)).enter()


@pytest.fixture
def visitor(source: FakeSource) -> Reader:
    """A reader of a console that only reads."""
    return Reader(Console(source)).enter()


def words(html: str) -> str:
    """Return the text of a page without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))
