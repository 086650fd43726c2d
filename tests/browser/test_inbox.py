"""The inbox page in a browser: mail arrives, is opened and clicked, and bounces."""

from __future__ import annotations

import base64

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import OtherSite
from tests.e2e.service import Service, message

FRAME = "iframe.mail"
WIDTH = "document.documentElement.scrollWidth"
BRIGHTNESS = """getComputedStyle(document.body).backgroundColor
    .match(/\\d+/g).reduce((sum, part) => sum + Number(part), 0)"""


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
    page.get_by_role("link", name="Suppression").click()
    lists = page.locator("table")
    expect(lists.nth(0)).to_contain_text(recipient)
    expect(lists.nth(1)).to_contain_text(recipient)
    assert service.post("/emails", message(recipient)).content["state"] == "suppressed"
    page.get_by_role("button", name=f"Remove {recipient}").click()
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


def test_search_and_state_narrow_the_list(service: Service, page: Page, recipient: str) -> None:
    send(service, recipient, subject="Needle")
    page.goto("/")

    page.keyboard.press("/")
    page.keyboard.type(f"needle {recipient[:10]}")
    page.keyboard.press("Enter")
    expect(page.locator(".rows a")).to_have_count(1)
    expect(page.locator(".rows .chip")).to_have_text("Delivered")
    page.locator(".search select").select_option("bounced")

    expect(page.locator(".none")).to_have_text("No messages match.")


def test_a_message_is_reached_by_keys_alone(service: Service, page: Page, recipient: str) -> None:
    send(service, recipient, subject="By keys")
    page.goto(f"/?q={recipient}")
    expect(page.locator(".rows a")).to_have_count(1)

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("By keys")


def test_phone_shows_list_and_message_without_side_scrolling(
    service: Service, page: Page, recipient: str
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    send(service, recipient, subject="Narrow " + "x" * 80)

    page.goto(f"/?q={recipient}")
    assert page.evaluate(WIDTH) <= 360
    page.locator(".rows a").click()
    expect(page.get_by_role("button", name="Hard bounce")).to_be_visible()
    assert page.evaluate(WIDTH) <= 360
    page.locator(".back").click()
    expect(page.locator(".rows a").first).to_be_visible()


def test_the_page_follows_the_systems_dark_mode(page: Page) -> None:
    page.goto("/")
    assert page.evaluate(BRIGHTNESS) > 3 * 200

    page.emulate_media(color_scheme="dark")

    assert page.evaluate(BRIGHTNESS) < 3 * 60


def test_template_is_rendered_with_edited_data(
    service: Service, page: Page, recipient: str
) -> None:
    name = recipient.partition("@")[0]
    service.aws.client("sesv2").create_email_template(
        TemplateName=name,
        TemplateContent={
            "Subject": "Hi {{name}}",
            "Html": "<b>{{order.id}}</b>{{#if vip}}!{{/if}}<script>document.title = 'bad'</script>",
        },
    )
    page.goto("/templates")

    page.locator(".rows a", has_text=name).click()
    expect(page.frame_locator(FRAME).locator("b")).to_have_text("id")
    page.locator("textarea").fill('{"name": "Ben", "order": {"id": 7}, "vip": true}')
    page.get_by_role("button", name="Render").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hi Ben")
    expect(page.frame_locator(FRAME).locator("body")).to_have_text("7!")
    page.locator("textarea").fill("{}")
    page.get_by_role("button", name="Render").click()

    expect(page.locator(".callout")).to_contain_text("is not present in the rendering data")
