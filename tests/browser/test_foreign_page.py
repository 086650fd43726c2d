"""A web page of another origin tries to use the local AWS of the developer who visits it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from amsdal_mail.console.context import Console
from tests.browser.conftest import OtherSite
from tests.browser.consoles import running
from tests.e2e.service import Service
from tests.unit.amsdal_mail.console.fake_source import FakeSource

QUERY = "Action=CreateQueue&Version=2012-11-05&QueueName={name}"
ATTACKS = {
    "fetch": "fetch(url, {method: 'POST', mode: 'no-cors', body: new URLSearchParams(query)})",
    "fetch with CORS": "fetch(url, {method: 'POST', body: new URLSearchParams(query)})",
    "beacon": "navigator.sendBeacon(url, new URLSearchParams(query))",
    "image": """new Promise(done => {
        const image = new Image(); image.onload = image.onerror = done
        image.src = url + '?' + query
    })""",
    "form": """new Promise(done => {
        const frame = document.createElement('iframe'); frame.name = 'target'
        frame.onload = done; document.body.append(frame)
        const form = document.createElement('form')
        Object.assign(form, {method: 'POST', action: url, target: 'target'})
        for (const [name, value] of new URLSearchParams(query)) {
            const input = document.createElement('input')
            Object.assign(input, {name, value}); form.append(input)
        }
        document.body.append(form); form.submit(); setTimeout(done, 1000)
    })""",
}
READ = "url => fetch(url + '/_ministack/health').then(response => response.text(), () => 'refused')"


@pytest.mark.parametrize("name", ATTACKS)
def test_a_foreign_page_changes_nothing_in_the_local_aws(
    name: str, page: Page, service: Service, other_site: OtherSite
) -> None:
    queue = f"attacked-by-{name.replace(' ', '-')}"
    page.goto(other_site.url)

    page.evaluate(
        f"async ([url, query]) => {{ try {{ await {ATTACKS[name]} }} catch {{}} }}",
        [f"{service.aws.endpoint}/", QUERY.format(name=queue)],
    )

    page.wait_for_timeout(200)
    assert not service.aws.client("sqs").list_queues(QueueNamePrefix=queue).get("QueueUrls")


def test_a_foreign_page_reads_nothing_of_the_local_aws(
    page: Page, service: Service, other_site: OtherSite
) -> None:
    page.goto(other_site.url)

    assert page.evaluate(READ, service.aws.endpoint) == "refused"


CONSOLE_ATTACKS = {
    **ATTACKS,
    "frame": """new Promise(done => {
        const frame = document.createElement('iframe'); frame.src = url
        frame.onload = done; document.body.append(frame)
    })""",
    "window": "window.open(url)",
}


@pytest.mark.parametrize("name", CONSOLE_ATTACKS)
def test_a_foreign_page_uses_no_console(name: str, browser: Browser, other_site: OtherSite) -> None:
    """The browser has the cookie, and the page is at another port of this machine."""
    source = FakeSource()
    console = Console(source, allow_changes=True)
    with running(console) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text("No emails yet")
        page.goto(other_site.url)
        base = address.partition("/?")[0]

        page.evaluate(
            f"async ([url, query]) => {{ try {{ await {CONSOLE_ATTACKS[name]} }} catch {{}} }}",
            [f"{base}/suppressions/remove", f"address=a%40b.co&csrf={console.csrf}"],
        )
        read = page.evaluate(
            "url => fetch(url, {credentials: 'include'}).then(got => got.text(), () => 'refused')",
            f"{base}/",
        )
        page.wait_for_timeout(200)
        framed = [frame for frame in page.frames[1:] if frame.url.startswith(base)]
        shown = [frame.content() for frame in framed]
        context.close()

    assert source.calls == []
    assert read == "refused"
    assert not any("amsdal_mail" in text and "<nav" in text for text in shown)
