"""Mail that would like to leave its frame: it runs nothing, sends nothing, loads nothing."""

# ruff: noqa: E501 - mail as senders write it

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Stranger
from tests.e2e.service import Service, message

# Everything here would ask the stranger's site for something as soon as it is shown.
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
# And everything here when somebody presses what is called Go.
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
CHANGE_US = "<script>parent.document.title = 'taken'; top.location = 'about:blank'</script>"


def shown(service: Service, page: Page, address: str, html: str) -> str:
    answer = service.post("/emails", message(address, subject="Hostile", html_body=html))
    assert answer.status == 200, answer
    page.goto(f"/?q={address}")
    page.locator(".rows a").click()
    expect(page.frame_locator("iframe.mail").locator("#end")).to_be_attached()
    return page.url


def test_nothing_in_a_mail_asks_a_stranger_or_touches_the_page(
    service: Service, page: Page, someone: str, stranger: Stranger
) -> None:
    hostile = "".join(LOADS.values()) + CHANGE_US
    where = shown(service, page, someone, f"<p id=end>x</p>{hostile.format(url=stranger.url)}")
    page.wait_for_timeout(1000)

    assert stranger.asked == []
    assert page.url == where
    assert "Hostile" in page.title()


@pytest.mark.parametrize("html", LOADS.values(), ids=LOADS)
def test_a_mail_loads_nothing_even_in_a_tab_of_its_own(
    service: Service, context: BrowserContext, someone: str, stranger: Stranger, html: str
) -> None:
    page = context.new_page()
    kept = keep(service, someone, html.format(url=stranger.url))

    page.goto(f"/messages/{kept}/html")
    page.wait_for_timeout(120)

    assert stranger.asked == []
    assert page.url.endswith(f"/messages/{kept}/html")


def test_pressing_things_in_a_mail_sends_nothing_and_runs_nothing(
    service: Service, page: Page, context: BrowserContext, someone: str, stranger: Stranger
) -> None:
    pressed = "".join(f"<div>{html}</div>" for html in PRESSED.values())
    where = shown(service, page, someone, pressed.format(url=stranger.url) + "<p id=end>x</p>")
    buttons = page.frame_locator("iframe.mail").get_by_text("Go", exact=True)
    expect(buttons).to_have_count(len(PRESSED))

    for number in range(len(PRESSED)):
        buttons.nth(number).click(no_wait_after=True)
        page.wait_for_timeout(50)

    page.wait_for_timeout(300)
    assert stranger.asked == []
    assert page.url == where
    expect(page.frame_locator("iframe.mail").locator("#end")).to_be_attached()
    assert all("127.0.0.1" not in one.url for one in context.pages)


def test_a_link_opens_a_tab_that_does_not_know_this_one(
    service: Service, page: Page, context: BrowserContext, someone: str, stranger: Stranger
) -> None:
    link = f"<a id=end target=_top rel=opener href='{stranger.url}/page'>Go</a>"
    where = shown(service, page, someone, link)

    with context.expect_page() as opened:
        page.frame_locator("iframe.mail").get_by_text("Go").click()
    opened.value.wait_for_load_state()

    assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]
    assert page.url == where


def keep(service: Service, address: str, html: str) -> str:
    """The SES id of a message given to the simulator directly, which is quicker."""
    answer = service.aws.client("sesv2").send_email(
        FromEmailAddress="orders@example.com",
        Destination={"ToAddresses": [address]},
        Content={"Simple": {"Subject": {"Data": "Hostile"}, "Body": {"Html": {"Data": html}}}},
    )
    return str(answer["MessageId"])
