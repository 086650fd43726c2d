"""The mail of a morning on the page, with its pictures: `make picture` keeps them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from amsdal_mail.console.context import Console
from tests.browser.consoles import running
from tests.browser.mails import morning
from tests.browser.shop import shop
from tests.e2e.service import Service

STATES = [
    "Clicked", "Opened", "Delivered", "Delivered", "Complained", "Bounced", "Delivered",
    "Soft bounce",
]  # fmt: skip


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(os.environ.get("PICTURES", tmp_path))


def test_pictures_show_a_morning_of_mail_with_its_states(
    service: Service, browser: Browser, pictures: Path
) -> None:
    context = browser.new_context(
        base_url=service.aws.ses_url,
        viewport={"width": 1400, "height": 860},
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto("/?q=Early+Bird")
    for request, event in morning("https://shop.example.com/orders/1234"):
        response = service.post("/emails", request)
        assert response.status == 200, response
        if event:
            page.locator(".rows a", has_text=request["subject"]).click()
            expect(page.locator(".timeline")).to_contain_text("Delivered")
            page.get_by_role("button", name=event).click()
    page.locator(".rows a", has_text="Order 1234").click()
    with context.expect_page() as opened:
        page.frame_locator("iframe.mail").get_by_text("Follow your order").click()
    opened.value.close()

    expect(page.locator(".timeline")).to_contain_text("Clicked")
    expect(page.locator(".rows .chip")).to_have_text(STATES)
    take(page, pictures, "inbox")
    context.close()


SHOWN = {"console": "/emails/order-anna", "metrics": "/metrics"}


@pytest.mark.parametrize("name", SHOWN)
def test_pictures_show_the_console_of_a_shop(name: str, browser: Browser, pictures: Path) -> None:
    with running(Console(shop(), allow_changes=True)) as address:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, device_scale_factor=1.5, locale="en-GB"
        )
        page = context.new_page()
        page.goto(address)
        page.goto(f"{address.partition('/?')[0]}{SHOWN[name]}")
        expect(page.locator("time").first if name == "console" else page.locator("svg.wide").first
               ).to_be_visible()  # fmt: skip
        take(page, pictures, name)
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="light")
        if name == "console":
            page.screenshot(path=pictures / "console-phone.png")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        context.close()


def take(page: Page, pictures: Path, name: str) -> None:
    for file, scheme in ((f"{name}.png", "light"), (f"{name}-dark.png", "dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(150)  # the frame of the message follows
        page.screenshot(path=pictures / file)
        assert (pictures / file).read_bytes().startswith(b"\x89PNG")
