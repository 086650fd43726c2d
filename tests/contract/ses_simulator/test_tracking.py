"""The pixel and links of a tracked message, fetched over HTTP, become events on the topic."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("opens", "clicks", "configuration_set"),
    [
        ("DISABLED", "DISABLED", "tracked"),
        ("DISABLED", None, "tracked"),
        (None, "DISABLED", "tracked"),
        ("ENABLED", "ENABLED", "deployed"),
    ],
)
def test_a_message_can_change_its_tracking(
    deployed: Deployed, opens: str | None, clicks: str | None, configuration_set: str
) -> None:
    given = {"OpenTrackingEnabled": opens, "ClickTrackingEnabled": clicks}
    tracking = {name: value for name, value in given.items() if value}
    default = "ENABLED" if configuration_set == "tracked" else "DISABLED"

    message_id = deployed.ses.send(
        Content=CONTENT,
        ConfigurationSetName=configuration_set,
        ConfigurationOverrides={"Tracking": tracking},
    )

    html = deployed.ses.kept(message_id)["html"]
    assert ("/I0/" in html) is ((opens or default) == "ENABLED")
    assert ("/L0/" in html) is ((clicks or default) == "ENABLED")


def test_a_program_is_marked_as_a_bot(deployed: Deployed) -> None:
    message_id = deployed.ses.send(Content=CONTENT, ConfigurationSetName="tracked")
    (pixel,) = re.findall(r'<img alt="" src="([^"]+)"', deployed.ses.kept(message_id)["html"])

    fetch(pixel, "Mozilla/5.0 (compatible; ScannerBot/1.0)")

    assert marks(deployed, message_id, "open") == ["Likely"]


@pytest.mark.parametrize(("bot", "mark"), [(True, "Likely"), (False, "Unlikely")])
@pytest.mark.parametrize("kind", ["open", "click"])
def test_a_simulated_visit_can_be_that_of_a_bot(
    deployed: Deployed, kind: str, bot: bool, mark: str
) -> None:
    message_id = deployed.ses.send(Content=CONTENT, ConfigurationSetName="tracked")

    deployed.ses.control("POST", f"/messages/{message_id}/events", {"kind": kind, "bot": bot})

    assert marks(deployed, message_id, kind) == [mark]


def marks(deployed: Deployed, message_id: str, kind: str) -> list[str]:
    """Return isBotEvent of the opens or clicks of a message."""
    events = [row["event"] for row in deployed.ses.settled(message_id)["events"]]
    return [event[kind]["isBotEvent"] for event in events if kind in event]


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
