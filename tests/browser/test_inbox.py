"""The inbox page in a browser: mail arrives, is opened and clicked, and bounces."""

from __future__ import annotations

import base64
from uuid import uuid4

from playwright.sync_api import BrowserContext, Page, expect

from local.stack.ses_simulator import control
from tests.browser.conftest import OtherSite
from tests.e2e.service import Service, message

FRAME = "iframe.mail"


def send(service: Service, address: str, **fields: object) -> str:
    response = service.post("/emails", message(address, **fields))
    assert response.status == 200, response
    return str(response.content["email_id"])


def open_mail(page: Page, address: str) -> None:
    page.goto(f"/?q={address}")
    page.locator(".rows a").click()


def test_new_mail_appears_and_its_open_and_click_are_recorded(
    service: Service, page: Page, context: BrowserContext, recipient: str, other_site: OtherSite
) -> None:
    page.goto("/")
    link = f'<a ses:tags="place:top;" href="{other_site.url}/orders/1?a=1&amp;b=2">Your order</a>'

    email_id = send(service, recipient, subject="Order 1", html_body=f"<h1>Thanks</h1>{link}")
    page.locator(".rows a", has_text=recipient).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Order 1")
    expect(page.frame_locator(FRAME).locator("h1")).to_have_text("Thanks")
    expect(page.locator(".timeline")).to_contain_text("Opened")
    with context.expect_page() as opened:
        page.frame_locator(FRAME).get_by_text("Your order").click()
    expect(opened.value).to_have_url(f"{other_site.url}/orders/1?a=1&b=2")
    expect(opened.value).to_have_title("Elsewhere")
    expect(page.locator(".timeline")).to_contain_text("Clicked")
    expect(page.locator(".timeline")).to_contain_text("place = top")
    expect(page.locator(".rows [aria-current] .chip")).to_have_text("Clicked")
    click = next(
        event for event in service.get(f"/emails/{email_id}").content["timeline"]
        if event["kind"] == "click"
    )  # fmt: skip
    assert click["details"]["link"] == f"{other_site.url}/orders/1?a=1&b=2"
    assert click["details"]["link_tags"] == {"place": ["top"]}
    assert "Chrome" in click["details"]["user_agent"]


def test_simulated_bounce_reaches_both_suppression_lists(
    service: Service, page: Page, recipient: str
) -> None:
    send(service, recipient)
    open_mail(page, recipient)
    expect(page.locator(".timeline")).to_contain_text("Delivered")

    page.get_by_role("button", name="Hard bounce").click()

    expect(page.locator(".timeline")).to_contain_text("Permanent · General")
    expect(page.locator(".recipients .chip")).to_have_text("Bounced")
    page.get_by_role("link", name="Suppressions").click()
    lists = page.locator("table")
    expect(lists.nth(0)).to_contain_text(recipient)
    expect(lists.nth(1)).to_contain_text(recipient)
    assert service.post("/emails", message(recipient)).content["state"] == "suppressed"
    page.get_by_role("button", name=f"Remove {recipient}").first.click()
    expect(lists.nth(0)).not_to_contain_text(recipient)


def test_other_events_can_be_simulated(service: Service, page: Page, recipient: str) -> None:
    send(service, recipient, subject="Several fates")
    open_mail(page, recipient)
    expect(page.locator(".timeline")).to_contain_text("Delivered")

    buttons = (
        "Delay", "Mailbox full", "Unsubscribe", "Not spam", "Open by a program", "Complain",
    )  # fmt: skip
    for button in buttons:
        page.get_by_role("button", name=button, exact=True).click()

    for line in ("Delayed", "MailboxFull", "Unsubscribed", "not-spam", "by a program", "abuse"):
        expect(page.locator(".timeline")).to_contain_text(line)
    expect(page.locator(".recipients .chip")).to_have_text("Complained")


def test_a_message_shows_its_parts_tags_and_metadata(
    service: Service, page: Page, recipient: str
) -> None:
    pdf = b"%PDF-1.4 " + bytes(range(256))
    content = base64.b64encode(pdf).decode()
    file = {"filename": "Größe <1>.pdf", "content": content, "mimetype": "application/pdf"}
    send(
        service, recipient, subject="Grüße", body="Nur Text.", html_body="<p>Nur HTML.</p>",
        headers={"X-Entity-Ref": "42"}, tags=["welcome"], metadata={"order id": "1/2"},
        attachments=[file],
    )  # fmt: skip
    open_mail(page, recipient)

    expect(page.locator("#story")).to_contain_text("order id 1/2")
    expect(page.locator("#story")).to_contain_text("welcome")
    with page.expect_download() as download:
        page.get_by_role("link", name="Größe").click()
    assert download.value.path().read_bytes() == pdf
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.locator("pre.mail")).to_have_text("Nur Text.")
    page.get_by_role("link", name="Headers").click()
    expect(page.locator(".tables")).to_contain_text("X-Entity-Ref")
    expect(page.locator(".tables")).to_contain_text("metadata_order_id")
    page.get_by_role("link", name="Source").click()
    expect(page.locator("pre.mail")).to_contain_text("Content-Type: multipart/")


def test_sensitive_mail_is_shown_after_a_click(
    service: Service, page: Page, recipient: str
) -> None:
    content = {"subject": "Code 482911", "html_body": "<h1>482911</h1>", "body": "482911"}
    send(service, recipient, **content, sensitive=True)

    open_mail(page, recipient)

    expect(page.get_by_role("heading", level=1)).to_have_text("Sensitive message")
    expect(page.locator("body")).not_to_contain_text("482911")
    page.get_by_role("link", name="Show the content").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Code 482911")
    expect(page.frame_locator(FRAME).locator("h1")).to_have_text("482911")
    page.get_by_role("link", name="Text").click()
    expect(page.locator("pre.mail")).to_contain_text("482911")
    expect(page.locator(".rows")).not_to_contain_text("482911")


def test_search_finds_words_of_the_body(service: Service, page: Page, recipient: str) -> None:
    word = f"needle{recipient[5:9]}"
    send(service, recipient, body=f"Somewhere a {word}.")

    page.goto(f"/?q={word}")

    expect(page.locator(".rows a")).to_have_count(1)
    expect(page.locator(".rows .who")).to_have_text(recipient)


def test_copies_of_a_personalized_email_are_chosen(service: Service, page: Page) -> None:
    names = [f"{name}-{uuid4().hex[:6]}@example.net" for name in ("mia", "noah")]
    request = message(*names, subject="Hi {{name}}", merge_data={
        address: {"name": address[:3]} for address in names
    })  # fmt: skip
    email_id = service.post("/emails", request).content["email_id"]

    page.goto(f"/emails/{email_id}")
    expect(page.locator(".recipients li")).to_have_count(2)
    page.get_by_label("The copy of").select_option(label=names[1])
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Hi noa")
    expect(page.locator(".recipients li")).to_have_count(1)


def test_short_mail_has_a_short_frame(service: Service, page: Page, recipient: str) -> None:
    send(service, recipient, html_body="<p>Hi.</p>")
    open_mail(page, recipient)

    box = page.locator(FRAME).bounding_box()

    assert box
    assert box["height"] < 200


def test_switches_make_ses_fail_until_they_are_restored(
    service: Service, page: Page, recipient: str
) -> None:
    page.goto("/simulator")
    page.locator("[name='latency_ms']").fill("5")
    page.locator("[name='paused.account']").select_option("SendingPausedException")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("The switches are set.")
    paused = service.post("/emails", message(recipient)).content

    page.get_by_role("button", name="Back to the start").click()
    expect(page.locator("[name='latency_ms']")).to_have_value("0")

    assert paused["state"] == "queued"
    assert control(service.aws.ses_url, "GET", "switches")["paused"]["account"] is None
