"""The responses of the inbox without a browser: headers that isolate mail, and errors."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.contract.ses_simulator.running import Simulator, raw, template

VIEWS = ("text", "headers", "source", "check")
HOSTILE = '"><script>alert(1)</script>'
MULTIPART = (
    "From: orders@example.com\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/html\r\n\r\n<b>hi</b>\r\n"
    '--b\r\nContent-Type: text/html; name="a.html"\r\n\r\n<script>1</script>\r\n'
    "--b\r\nContent-Type: bad type\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"
)


def ask(
    simulator: Simulator, path: str, form: dict[str, str] | None = None
) -> tuple[int, Any, str]:
    body = None if form is None else urllib.parse.urlencode(form).encode()
    return request(simulator, path, body)


def submit(simulator: Simulator, path: str, form: dict[str, str]) -> tuple[int, Any, str]:
    """Send a form as a page does, with the secret that stands in each form."""
    _, _, page = ask(simulator, "/simulator")
    match = re.search(r'name="csrf" value="([^"]+)"', page)
    assert match
    return ask(simulator, path, {"csrf": match[1], **form})


def request(simulator: Simulator, path: str, body: bytes | None) -> tuple[int, Any, str]:
    try:
        with urllib.request.urlopen(simulator.url + path, body, timeout=10) as response:
            return response.status, response.headers, response.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode("utf-8", "replace")


def test_message_content_never_becomes_markup(simulator: Simulator) -> None:
    content = {"Simple": {"Subject": {"Data": HOSTILE}, "Body": {"Text": {"Data": HOSTILE}}}}
    tags = [{"Name": "email_id", "Value": "e1"}]
    simulator.send(Content=content, FromEmailAddress='"<script>" <a@example.com>', EmailTags=tags)

    for path in ("/", *(f"/emails/e1?view={view}" for view in VIEWS)):
        status, headers, html = ask(simulator, path)
        assert status == 200
        assert "<script>alert" not in html
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_search_is_shown_as_text(simulator: Simulator) -> None:
    _, _, html = ask(simulator, "/?" + urllib.parse.urlencode({"q": HOSTILE}))

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_html_of_a_mail_is_served_for_a_sandbox(simulator: Simulator) -> None:
    message_id = simulator.send(Content=raw(MULTIPART))

    status, headers, html = ask(simulator, f"/emails/ses-{message_id}/html")

    assert (status, html.strip()) == (200, "<b>hi</b>")
    assert "sandbox allow-popups" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("part", "media_type"), [(1, "text/html; charset=utf-8"), (2, "text/plain; charset=utf-8")]
)
def test_files_are_downloads_of_any_media_type(
    simulator: Simulator, part: int, media_type: str
) -> None:
    message_id = simulator.send(Content=raw(MULTIPART))

    status, headers, _ = ask(simulator, f"/emails/ses-{message_id}/parts/{part}")

    assert status == 200
    assert headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert headers["content-type"] == media_type
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_rendering_failure_is_shown_with_its_reason(simulator: Simulator) -> None:
    content = {"Subject": "Hi {{name}}", "Text": "x"}
    simulator.call("create_email_template", TemplateName="welcome", TemplateContent=content)
    message_id = simulator.send(Content=template())

    status, _, html = ask(simulator, f"/emails/ses-{message_id}")

    assert status == 200
    assert "Attribute &#39;name&#39; is not present" in html


MISSING = ["/emails/x", "/emails/x/html", "/emails/x/raw", "/emails/x/parts/1", "/emails/%20"]


@pytest.mark.parametrize("path", MISSING)
def test_missing_pages_are_not_found(simulator: Simulator, path: str) -> None:
    status, _, html = ask(simulator, path)

    assert status == 404
    assert "Not found" in html


REFUSED = {
    "unknown event": ("/messages/{id}/simulate", {"event": "explode"}),
    "recipient of another message": (
        "/messages/{id}/simulate",
        {"event": "bounce", "recipient": "x@y.z"},
    ),
    "invalid address": ("/suppressions/add", {"address": "a b@c.d", "reason": "BOUNCE"}),
    "invalid reason": ("/suppressions/add", {"address": "a@c.d", "reason": "WHIM"}),
}


@pytest.mark.parametrize(("path", "form"), REFUSED.values(), ids=REFUSED)
def test_invalid_form_is_refused(simulator: Simulator, path: str, form: dict[str, str]) -> None:
    message_id = simulator.send()

    status, _, _ = submit(simulator, path.format(id=message_id), form)

    assert status == 400


@pytest.mark.parametrize("csrf", [{}, {"csrf": "guess"}, {"csrf": "ü"}], ids=["none", "wrong", "ü"])
def test_form_of_another_page_is_refused(simulator: Simulator, csrf: dict[str, str]) -> None:
    form = {"address": "ann@example.net", "reason": "BOUNCE", **csrf}

    status, _, _ = ask(simulator, "/suppressions/add", form)

    assert status == 403
    assert simulator.call("list_suppressed_destinations")["SuppressedDestinationSummaries"] == []


def test_page_adds_and_removes_suppressed_addresses(simulator: Simulator) -> None:
    submit(simulator, "/suppressions/add", {"address": "ann@example.net", "reason": "COMPLAINT"})
    listed = simulator.call("get_suppressed_destination", EmailAddress="ann@example.net")
    submit(simulator, "/suppressions/remove", {"address": "ann@example.net"})

    assert listed["SuppressedDestination"]["Reason"] == "COMPLAINT"
    assert simulator.call("list_suppressed_destinations")["SuppressedDestinationSummaries"] == []


def test_a_stack_without_an_address_is_refused_by_field(simulator: Simulator) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        simulator.control("PUT", "/stack", {"api_url": "http://localhost"})

    with refused.value as response:
        assert response.code == 400
        assert b"outputs" in response.read()


ODD = {
    "bytes that are not text": b"Subject: \xff\xfe\r\n\r\n\xff\xfe\x00",
    "unknown charset": b"Content-Type: text/html; charset=klingon\r\n\r\n<b>\xe9",
    "invalid encoded words": b"Subject: =?utf-8?b?////?= =?x?q?=FF?=\r\n\r\nx",
    "file name of control characters": (
        b'Content-Type: text/x; name="a\x01\x7f/../b\xff"\r\n'
        b"Content-Disposition: attachment\r\n\r\nx"
    ),
    "file name in an unknown charset": (
        b"Content-Disposition: attachment; filename*=klingon''%FF%00%0D%0A\r\n\r\nx"
    ),
    "multipart without a boundary": b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\ny",
    "message in a message": (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
        b"\r\nSubject: inner\r\nContent-Type: text/html\r\n\r\n<i>\r\n--b--\r\n"
    ),
    "invalid base64": (
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\xff="
    ),
    "content id of markup": (
        b"Content-Type: image/png\r\nContent-ID: <\"onload=alert(1)>\r\n\r\nx"
    ),
    "no body": b"Subject: x\r\n",
}  # fmt: skip


@pytest.mark.parametrize("mime", ODD.values(), ids=ODD)
def test_no_message_breaks_its_page(simulator: Simulator, mime: bytes) -> None:
    content = {"Raw": {"Data": b"From: a@b.c\r\n" + mime}}
    message_id = simulator.send(Content=content, ConfigurationSetName="set")
    where = f"/emails/ses-{message_id}"
    parts = [row["part"] for row in simulator.kept(message_id)["attachments"]]

    paths = ["/", f"{where}/raw", *(f"{where}?view={view}" for view in VIEWS)]
    paths += [f"{where}/parts/{number}" for number in parts]

    assert {ask(simulator, path)[0] for path in paths} == {200}
    assert ask(simulator, f"{where}/html")[0] in {200, 404}
