"""The pixel and links of a tracked message, fetched over HTTP, become events on the topic."""

import re
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.contract.ses_simulator.deployed import Deployed

HTML = (
    '<p>Hi</p><a ses:tags="place:top;" href="https://shop.example/?a=1&amp;b=ü;c">x</a>'
    '<a ses:no-track href="https://shop.example/no">y</a>'
)
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Html": {"Data": HTML}}}}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def fetch(url: str, agent: str) -> tuple[int, Any, bytes]:
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(urllib.request.Request(url, headers={"User-Agent": agent})) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def test_fetching_pixel_and_link_publishes_open_and_click(deployed: Deployed) -> None:
    message_id = deployed.ses.send(Content=CONTENT, ConfigurationSetName="tracked")
    html = deployed.ses.kept(message_id)["html"]
    (pixel,) = re.findall(r'<img alt="" src="([^"]+)"', html)
    (link,) = re.findall(r'<a href="([^"]+/L0/[^"]+)"', html)

    image = fetch(pixel, "Mail/1.0")
    clicked = fetch(link, "Browser/2.0")

    assert '<a href="https://shop.example/no">y</a>' in html
    assert (image[0], image[1]["content-type"], image[2][:6]) == (200, "image/gif", b"GIF89a")
    assert (clicked[0], clicked[1]["location"]) == (302, "https://shop.example/?a=1&b=%C3%BC;c")
    events = {body["eventType"]: body for body in deployed.events(message_id, 4)}
    assert set(events) == {"Send", "Delivery", "Open", "Click"}
    assert events["Open"]["open"]["userAgent"] == "Mail/1.0"
    assert events["Open"]["open"]["ipAddress"] == "127.0.0.1"
    click = events["Click"]["click"]
    assert (click["link"], click["linkTags"]) == (
        "https://shop.example/?a=1&b=ü;c",
        {"place": ["top"]},
    )


def test_a_set_without_opens_and_clicks_leaves_the_html_alone(deployed: Deployed) -> None:
    kept = deployed.ses.kept(deployed.ses.send(Content=CONTENT, ConfigurationSetName="deployed"))

    assert kept["html"].strip() == HTML


@pytest.mark.parametrize("path", ["L0/https:%2F%2Fevil.example/7/{id}", "L0/x/0/unknown"])
def test_link_without_a_message_is_not_found(deployed: Deployed, path: str) -> None:
    message_id = deployed.ses.send(Content=CONTENT, ConfigurationSetName="tracked")

    status, headers, _ = fetch(f"{deployed.ses.url}/{path.format(id=message_id)}", "x")

    assert (status, headers["location"]) == (404, None)


def test_a_template_with_two_places_for_the_pixel_is_refused(deployed: Deployed) -> None:
    content = {"Subject": "s", "Html": "{{ses:openTracker}}{{ses:openTracker}}"}

    refusal = deployed.ses.refusal(
        "create_email_template", TemplateName="two", TemplateContent=content
    )

    assert refusal[:2] == (400, "BadRequestException")
