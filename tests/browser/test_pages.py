"""The pages over both sources: the inbox of the local AWS, and the console of a stage."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.consoles import console_of, running
from tests.e2e.service import Service, message

WIDTH = "document.documentElement.scrollWidth"
BRIGHTNESS = """getComputedStyle(document.body).backgroundColor
    .match(/\\d+/g).reduce((sum, part) => sum + Number(part), 0)"""
DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
SECTIONS = ("Emails", "Metrics", "Templates", "Suppressions", "Dead letters", "Doctor", "API")


@pytest.fixture(params=["inbox", "console"])
def address(request: pytest.FixtureRequest, service: Service) -> Iterator[str]:
    if request.param == "inbox":
        yield service.aws.ses_url
    else:
        with running(console_of(service.aws)) as once:
            yield once


def send(service: Service, recipient: str, **fields: object) -> str:
    response = service.post("/emails", message(recipient, **fields))
    assert response.status in {200, 202, 422}, response
    return str(response.content["email_id"])


def test_new_email_appears_with_its_story(service: Service, page: Page, recipient: str) -> None:
    page.goto("/")
    expect(page.locator("#rows")).to_be_visible()

    send(service, recipient, subject="Order 1", tags=["welcome"], metadata={"order id": "1/2"})
    page.locator(".rows a", has_text=recipient).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Order 1")
    expect(page.locator(".timeline")).to_contain_text("Delivered")
    expect(page.locator(".recipients .chip")).to_have_text("Delivered")
    expect(page.locator("#story")).to_contain_text("order id 1/2")
    expect(page.locator("#story")).to_contain_text("welcome")
    expect(page.locator(".rows [aria-current] .chip")).to_have_text("Delivered")


def test_words_and_filters_narrow_the_list(service: Service, page: Page, recipient: str) -> None:
    tag = recipient.partition("@")[0]
    send(service, recipient, subject="Needle", tags=[tag])
    page.goto("/")

    page.keyboard.press("/")
    page.keyboard.type(f"needle {recipient[:10]}")
    page.keyboard.press("Enter")
    expect(page.locator(".rows a")).to_have_count(1)
    expect(page.locator(".count")).to_contain_text("Searched: subjects")
    expect(page.locator(".rows .chip")).to_have_text("Delivered")
    page.locator(".search > select").select_option("bounced")
    expect(page.locator(".none")).to_have_text("No emails match.")

    page.goto("/")
    page.get_by_text("Filters").click()
    page.get_by_label("Tag").fill(tag)
    page.locator(".filters").get_by_role("button", name="Search").click()
    expect(page.locator(".rows a")).to_have_count(1)
    expect(page).to_have_url(re.compile(f"\\?tag={tag}$"))
    page.goto(f"/?recipient={recipient}")
    expect(page.locator(".rows a")).to_have_count(1)


def test_mail_that_ses_never_got_is_listed(service: Service, page: Page, recipient: str) -> None:
    bounced = f"bounce+{recipient.partition('@')[0]}@simulator.amazonses.com"
    service.wait_for_state(send(service, bounced), "bounced")
    send(service, bounced, subject="Not again")

    page.goto(f"/?recipient={bounced.replace('+', '%2B')}")

    expect(page.locator(".rows .chip")).to_have_text(["Suppressed", "Bounced"])
    page.locator(".rows a", has_text="Not again").click()
    expect(page.locator(".timeline")).to_contain_text("SES was not asked to send it.")


def test_scheduled_email_is_moved_and_canceled(
    service: Service, page: Page, recipient: str
) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    email_id = send(service, recipient, subject="Later", send_at=later)
    page.goto(f"/emails/{email_id}")
    expect(page.locator(".recipients .chip")).to_have_text("Scheduled")

    page.get_by_label("Send at").fill(f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%dT09:30}")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".head .callout")).to_have_text("The email has a new time.")
    expect(page.locator(".head dl")).to_contain_text(":30:00")
    page.get_by_role("button", name="Cancel the email").click()

    expect(page.locator(".head .callout")).to_have_text("The email is canceled.")
    expect(page.locator(".recipients .chip")).to_have_text("Canceled")


def test_kept_content_is_shown_and_sent_again(service: Service, page: Page, recipient: str) -> None:
    pdf = b"%PDF-1.4 " + bytes(range(256))
    files = [
        {"filename": "Größe <1>.pdf", "content": base64.b64encode(pdf).decode(),
         "mimetype": "application/pdf"},
        {"filename": "dot.gif", "content": base64.b64encode(DOT).decode(),
         "mimetype": "image/gif", "content_id": "dot"},
    ]  # fmt: skip
    html = "<h1>Thanks</h1><img src='cid:dot' alt='dot'>"
    email_id = send(service, recipient, subject="Kept", html_body=html, attachments=files)
    service.wait_for_state(email_id, "delivered")
    page.goto(f"/emails/{email_id}")

    frame = page.frame_locator("iframe.mail")
    expect(frame.locator("h1")).to_have_text("Thanks")
    assert frame.locator("img[alt='dot']").evaluate("image => image.naturalWidth") == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="Größe").click()
    assert download.value.path().read_bytes() == pdf
    page.get_by_label("Addresses").fill(f"copy-{recipient}")
    page.get_by_role("button", name="Send again").click()

    expect(page.locator(".head .callout")).to_have_text("This is the new email.")
    expect(page.locator(".recipients")).to_contain_text(f"copy-{recipient}")
    expect(page.locator(".ids")).to_contain_text(email_id)
    expect(page.locator(".timeline")).to_contain_text("Delivered")


def test_remove_takes_an_address_off_both_lists(
    service: Service, page: Page, recipient: str
) -> None:
    bounced = f"bounce+{recipient.partition('@')[0]}@simulator.amazonses.com"
    service.wait_for_state(send(service, bounced), "bounced")
    service.aws.client("sesv2").put_suppressed_destination(EmailAddress=bounced, Reason="BOUNCE")

    page.goto("/suppressions")
    lists = page.locator("table")
    for number in (0, 1):
        expect(lists.nth(number)).to_contain_text(bounced)
    page.get_by_role("button", name=f"Remove {bounced}").first.click()

    expect(page.get_by_role("status")).to_contain_text("neither list")
    for number in (0, 1):
        expect(lists.nth(number)).not_to_contain_text(bounced)
    assert send(service, bounced)


def test_email_past_the_service_shows_its_state(
    service: Service, page: Page, recipient: str
) -> None:
    response = service.aws.client("sesv2").send_email(
        FromEmailAddress="orders@example.com",
        Destination={"ToAddresses": [recipient]},
        ConfigurationSetName=service.aws.outputs["ConfigurationSetName"],
        Content={"Simple": {"Subject": {"Data": "Past it"}, "Body": {"Text": {"Data": "x"}}}},
    )
    email_id = f"ses-{response['MessageId']}"
    service.wait_for_state(email_id, "delivered")

    page.goto(f"/?recipient={recipient}")
    expect(page.locator(".rows .chip")).to_have_text("Delivered")
    page.locator(".rows a").click()

    expect(page.locator(".timeline")).to_contain_text("Delivered")
    expect(page.locator(".recipients")).to_contain_text(recipient)


def test_email_is_reached_by_keys_alone(service: Service, page: Page, recipient: str) -> None:
    send(service, recipient, subject="By keys")
    page.goto(f"/?q={recipient}")
    expect(page.locator(".rows a")).to_have_count(1)

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("By keys")


def test_phone_cuts_nothing(service: Service, page: Page, recipient: str) -> None:
    page.set_viewport_size({"width": 390, "height": 740})
    send(service, recipient, subject="Narrow " + "x" * 80)

    page.goto(f"/?q={recipient}")
    assert page.evaluate(WIDTH) <= 390
    page.locator(".rows a").click()
    expect(page.locator(".timeline")).to_contain_text("Delivered")
    assert page.evaluate(WIDTH) <= 390
    timeline, body = page.locator(".timeline").bounding_box(), page.locator(".body").bounding_box()
    assert timeline
    assert body
    assert timeline["y"] < body["y"]
    page.locator(".back").click()
    expect(page.locator(".rows a").first).to_be_visible()
    for section in SECTIONS:
        page.get_by_role("link", name=section, exact=True).click()
        expect(page.locator("#main")).to_be_attached()
        assert page.evaluate(WIDTH) <= 390, section


def test_times_are_in_the_zone_of_the_reader(service: Service, page: Page, recipient: str) -> None:
    email_id = send(service, recipient)
    page.goto(f"/emails/{email_id}")

    shown = page.locator(".head time")
    expect(shown).to_have_text(re.compile("GMT[+][12]|CES?T"))
    at = datetime.fromisoformat(str(shown.get_attribute("datetime")))
    assert at.utcoffset() == timedelta(0)


def test_pages_follow_the_systems_dark_mode(page: Page) -> None:
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
    expect(page.frame_locator("iframe.mail").locator("b")).to_have_text("id")
    page.locator("textarea").fill('{"name": "Ben", "order": {"id": 7}, "vip": true}')
    page.get_by_role("button", name="Render").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hi Ben")
    expect(page.frame_locator("iframe.mail").locator("body")).to_have_text("7!")
    page.locator("textarea").fill("{}")
    page.get_by_role("button", name="Render").click()

    expect(page.locator(".callout")).to_contain_text("Rendering failed.")


def test_metrics_are_charts_of_what_was_sent(service: Service, page: Page, recipient: str) -> None:
    service.wait_for_state(send(service, recipient), "delivered")

    page.goto("/metrics?days=7")

    expect(page.locator("svg.wide")).to_have_count(3)
    expect(page.locator("svg.wide rect.good").first).to_be_visible()
    page.get_by_text("As a table").first.click()
    expect(page.locator(".chart table").first).to_contain_text(f"{datetime.now(UTC):%Y-%m-%d}")


def test_doctor_says_what_it_checked(page: Page) -> None:
    page.goto("/doctor")

    expect(page.locator(".findings")).to_contain_text("identity")
    expect(page.locator("#findings")).to_contain_text("in order")


def test_call_of_the_api_is_signed_by_the_page(
    service: Service, page: Page, recipient: str
) -> None:
    email_id = send(service, recipient, subject="Tried")
    page.goto("/api")

    operation = page.locator("#get-emails-email_id")
    operation.locator("summary").first.click()
    operation.get_by_label("email_id").fill(email_id)
    operation.get_by_role("button", name="Try it").click()

    expect(page.locator(".response")).to_contain_text("200")
    expect(page.locator(".response pre")).to_contain_text('"subject": "Tried"')


def test_dead_letter_is_shown_and_put_back_to_work(service: Service, page: Page) -> None:
    sqs = service.aws.client("sqs")
    sqs.send_message(QueueUrl=service.aws.outputs["SendDeadLetterQueueUrl"], MessageBody="not JSON")
    page.goto("/dead-letters?queue=send")

    expect(page.locator(".letters li")).to_have_count(1)
    page.get_by_role("button", name="Put send back to work").click()

    expect(page.get_by_role("status")).to_contain_text("1 messages of send are back at work")
