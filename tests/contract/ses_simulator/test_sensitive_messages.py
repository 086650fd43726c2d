"""Sensitive messages: lists and pages show nothing of them until a person asks for it."""

from __future__ import annotations

import re
import urllib.parse

import pytest

from tests.contract.ses_simulator.running import Simulator, template
from tests.contract.ses_simulator.test_inbox_pages import ask

SECRET = "s3cr3t"
CONTENT = {
    "Simple": {
        "Subject": {"Data": f"Code {SECRET}"},
        "Body": {
            "Text": {"Data": f"https://shop.example/?{SECRET}"},
            "Html": {"Data": f'<a href="https://shop.example/?{SECRET}">Reset</a>'},
        },
        "Headers": [{"Name": "X-Reset", "Value": SECRET}],
        "Attachments": [{"FileName": f"{SECRET}.txt", "RawContent": b"x"}],
    }
}
VIEWS = ("html", "text", "headers", "source")
SENSITIVE = [{"Name": "email_sensitive", "Value": "true"}]


@pytest.fixture
def message_id(simulator: Simulator) -> str:
    return simulator.send(Content=CONTENT, EmailTags=SENSITIVE)


def test_lists_show_no_subject(simulator: Simulator, message_id: str) -> None:
    (listed,) = simulator.control("GET", "/messages")["messages"]

    assert (listed["subject"], listed["is_sensitive"]) == (None, True)
    for path in ("/", "/parts/rows", f"/emails/ses-{message_id}"):
        status, _, html = ask(simulator, path)
        assert status == 200
        assert SECRET not in html
        assert "(sensitive)" in html


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_shown_by_itself(simulator: Simulator, message_id: str, view: str) -> None:
    status, _, html = ask(simulator, f"/emails/ses-{message_id}?view={view}")

    assert status == 200
    assert SECRET not in html
    assert "iframe" not in html
    assert "marked this message as sensitive" in html


@pytest.mark.parametrize("view", VIEWS)
def test_one_click_shows_the_content(simulator: Simulator, message_id: str, view: str) -> None:
    _, _, hidden = ask(simulator, f"/emails/ses-{message_id}")
    (link,) = re.findall(r'class="show" href="([^"]+)"', hidden)

    _, _, shown = ask(simulator, f"/emails/ses-{message_id}{link}&view={view}")

    main = shown[shown.index("<main") :]
    assert f"Code {SECRET}" in main
    assert SECRET not in shown[: shown.index("<main")], "the title and the list stay hidden"
    tabs = re.findall(r'href="(\?view=[^"]+)"', shown)
    assert len(tabs) == len(VIEWS) + 1, "and the check"
    assert all("&amp;show" in tab for tab in tabs)


def test_search_does_not_look_into_the_subject(simulator: Simulator, message_id: str) -> None:
    for text, count in ((SECRET, 0), ("ann@example.net", 1), ("email_sensitive", 1)):
        _, _, html = ask(simulator, "/parts/rows?" + urllib.parse.urlencode({"q": text}))
        assert html.count("/emails/") == count


def test_details_of_the_control_path_are_complete(simulator: Simulator, message_id: str) -> None:
    kept = simulator.kept(message_id)

    assert kept["subject"] == f"Code {SECRET}"
    assert SECRET in kept["html"]


def test_rendering_failure_is_shown_with_the_note(simulator: Simulator) -> None:
    content = {"Subject": "Hi {{name}}", "Text": "x"}
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=content)
    message_id = simulator.send(Content=template(), EmailTags=SENSITIVE)

    status, _, html = ask(simulator, f"/emails/ses-{message_id}")

    assert status == 200
    assert "is not present" in html
    assert "marked this message as sensitive" in html


def test_other_messages_are_shown_at_once(simulator: Simulator) -> None:
    message_id = simulator.send(Content=CONTENT)

    _, _, html = ask(simulator, f"/emails/ses-{message_id}?view=text")

    assert html.count(f"Code {SECRET}") >= 2
    assert "sensitive" not in html
    assert "&amp;show" not in html
