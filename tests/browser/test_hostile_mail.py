"""Hostile mail stays in its frame: it runs nothing, sends nothing, loads nothing."""

# ruff: noqa: E501 - mail as senders write it

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from amsdal_mail.console.context import Console
from amsdal_mail.console.values import Content
from tests.browser.conftest import OtherSite
from tests.browser.consoles import running
from tests.e2e.service import Service, message
from tests.unit.amsdal_mail.console.fake_source import FakeSource, email

LOADS = {
    "image": "<img src='{url}/img'><img srcset='{url}/set 2x'>",
    "picture": "<picture><source srcset='{url}/source'><img src='{url}/img'></picture>",
    "style": "<style>@import '{url}/css'; body {{ background: url({url}/bg) }}</style>",
    "inline style": "<p style=\"background-image: url('{url}/style')\">x</p>",
    "font": "<style>@font-face {{ font-family: F; src: url({url}/font) }} p {{ font: 1em F }}</style><p>x",
    "links": (
        "<link rel=stylesheet href='{url}/css'><link rel=preload as=image href='{url}/preload'>"
        "<link rel=prefetch href='{url}/prefetch'><link rel=icon href='{url}/icon'>"
    ),
    "frames": "<iframe src='{url}/frame'></iframe><iframe srcdoc=\"<img src='{url}/a'>\"></iframe>",
    "objects": "<object data='{url}/object'></object><embed src='{url}/embed'>",
    "media": "<video src='{url}/v' autoplay poster='{url}/p'></video><audio src='{url}/a' autoplay>",
    "refresh": "<meta http-equiv=refresh content='0; url={url}/refresh'>",
    "base": "<base href='{url}/'><img src='relative'>",
    "svg": "<svg><image href='{url}/svg'/><use href='{url}/use#a'/></svg>",
    "body": "<body background='{url}/bg'><table background='{url}/table'><td>x</table>",
    "script": "<script>fetch('{url}/fetch'); new Image().src = '{url}/image'</script>",
    "handler": "<img src=x onerror=\"location='{url}/onerror'\"><svg onload=\"fetch('{url}/onload')\">",
    "autofocus": "<input autofocus onfocus=\"location='{url}/focus'\">",
    "nonsense": "<a/href='x'/<img/src='{url}/odd'//><!--><img src='{url}/comment'>-->",
}  # fmt: skip
"""Mail that loads something from the other site as soon as it is shown."""
PRESSED = {
    "form": "<form action='{url}/form' method=post><button>Go</button></form>",
    "form to the page": "<form action='{url}/top' target=_top><button>Go</button></form>",
    "form of a tab": "<form action='{url}/blank' target=_blank><button>Go</button></form>",
    "formaction": "<form><button formaction='{url}/formaction'>Go</button></form>",
    "javascript link": "<a href=\"javascript:top.location='{url}/js'\">Go</a>",
    "javascript with a tab in it": "<a href=\"java&#9;script:fetch('{url}/js')\">Go</a>",
    "javascript in this frame": "<a target=_self href=\"javascript:location='{url}/js'\">Go</a>",
    "data link": "<a href=\"data:text/html,<script>location='{url}/data'</script>\">Go</a>",
    "handler": "<a href=# onclick=\"fetch('{url}/click')\">Go</a>",
    "ping": "<a href='/static/icon.svg' ping='{url}/ping'>Go</a>",
    "svg link": "<svg height=20><a href=\"javascript:fetch('{url}/svg')\"><text y=15>Go</text></a></svg>",
}  # fmt: skip
"""Mail that does something when Go is clicked."""
CHANGE_US = "<script>parent.document.title = 'taken'; top.location = 'about:blank'</script>"


@dataclass
class Place:
    """Where mail is shown: `put` takes the HTML of a message, and returns the path of its page."""

    address: str
    put: Callable[[str], str]


@pytest.fixture(params=["inbox", "console"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """The inbox of the local AWS with its pixels and links, and the console of a stage."""
    if request.param == "inbox":
        service: Service = request.getfixturevalue("service")
        yield Place(service.aws.ses_url, lambda html: sent(service, html))
    else:
        source = FakeSource()
        with running(Console(source, allow_changes=True)) as address:
            yield Place(address, lambda html: kept(source, html))


@pytest.fixture
def address(place: Place) -> str:
    return place.address


def sent(service: Service, html: str) -> str:
    response = service.post(
        "/emails",
        message(
            f"success+{uuid4().hex}@simulator.amazonses.com", subject="Hostile", html_body=html
        ),
    )
    assert response.status == 200, response
    return f"/emails/{response.content['email_id']}"


def kept(source: FakeSource, html: str) -> str:
    source.emails = [email("e1", subject="Hostile")]
    source.contents["e1"] = Content(subject="Hostile", html=html)
    return "/emails/e1"


def shown(place: Place, page: Page, html: str) -> str:
    page.goto(place.put(html))
    expect(page.frame_locator("iframe.mail").locator("#end")).to_be_attached()
    return page.url


def test_shown_mail_loads_nothing_and_changes_nothing(
    place: Place, page: Page, other_site: OtherSite
) -> None:
    hostile = "".join(LOADS.values()) + CHANGE_US
    where = shown(place, page, f"<p id=end>x</p>{hostile.format(url=other_site.url)}")
    page.wait_for_timeout(1000)

    assert other_site.requests == []
    assert page.url == where
    assert "Hostile" in page.title()


@pytest.mark.parametrize("html", LOADS.values(), ids=LOADS)
def test_mail_in_its_own_tab_loads_nothing(
    place: Place, context: BrowserContext, other_site: OtherSite, html: str
) -> None:
    page = context.new_page()
    path = place.put(html.format(url=other_site.url))

    page.goto(f"{path}/html")
    page.wait_for_timeout(120)

    assert other_site.requests == []
    assert page.url.endswith(f"{path}/html")


def test_click_in_a_mail_sends_and_runs_nothing(
    place: Place, page: Page, context: BrowserContext, other_site: OtherSite
) -> None:
    pressed = "".join(f"<div>{html}</div>" for html in PRESSED.values())
    where = shown(place, page, pressed.format(url=other_site.url) + "<p id=end>x</p>")
    buttons = page.frame_locator("iframe.mail").get_by_text("Go", exact=True)
    expect(buttons).to_have_count(len(PRESSED))

    for number in range(len(PRESSED)):
        buttons.nth(number).click(no_wait_after=True)
        page.wait_for_timeout(50)

    page.wait_for_timeout(300)
    assert other_site.requests == []
    assert page.url == where
    expect(page.frame_locator("iframe.mail").locator("#end")).to_be_attached()
    assert all(other_site.url not in tab.url for tab in context.pages)


def test_link_opens_a_tab_without_opener_and_referrer(
    place: Place, page: Page, context: BrowserContext, other_site: OtherSite
) -> None:
    link = f"<a id=end target=_top rel=opener href='{other_site.url}/page'>Go</a>"
    where = shown(place, page, link)

    with context.expect_page() as opened:
        page.frame_locator("iframe.mail").get_by_text("Go").click()
    opened.value.wait_for_load_state()

    assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]
    assert page.url == where
