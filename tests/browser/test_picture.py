"""The mail of a morning on the page, with its pictures: `make picture` keeps them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.mails import morning
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
    for name, scheme in (("inbox.png", "light"), ("inbox-dark.png", "dark")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.screenshot(path=pictures / name)
        assert (pictures / name).read_bytes().startswith(b"\x89PNG")
    context.close()
