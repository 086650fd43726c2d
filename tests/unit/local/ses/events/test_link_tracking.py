"""Open and click tracking changes the HTML of a message, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail.console.html_tags import apply_edits, start_tags
from local.ses.events.link_tracking import MAX_LINKS, Tracking, count_placeholders, track_html
from local.ses.messages import Link
from local.ses.mime.compose import Attachment, Content, Envelope, compose
from local.ses.mime.read import decoded_payload, leaf_parts, parse_mime
from local.ses.mime.rewrite_html import rewrite_html_body
from tests.unit.local.ses.events.test_payloads import ENVELOPE

BASE = "http://localhost:4801"
BOTH = Tracking(BASE, opens=True, clicks=True)
CLICKS = Tracking(BASE, clicks=True)
PIXEL = f'<img alt="" src="{BASE}/I0/id" style="display: block; width: 1px; height: 1px;">'


def link(number: int, quoted: str = "https:%2F%2Fa.example%2F") -> str:
    return f'href="{BASE}/L0/{quoted}/{number}/id"'


REWRITTEN = {
    "quoted": ('<a href="https://a.example/">x</a>', f"<a {link(0)}>x</a>"),
    "single quotes, capitals, a style": (
        "<A CLASS='b'\n HREF='https://a.example/' style=\"c\">x</A>",
        f"<A CLASS='b' {link(0)} style=\"c\">x</A>",
    ),
    "no quotes": ("<a href=https://a.example/>x</a>", f"<a {link(0)}>x</a>"),
    "an entity in the address": (
        '<a href="https://a.example/?a=1&amp;b=2">x</a>',
        f"<a {link(0, 'https:%2F%2Fa.example%2F%3Fa%3D1%26b%3D2')}>x</a>",
    ),
    "two links": (
        '<a href="https://a.example/">x</a> <a href="https://a.example/">x</a>',
        f"<a {link(0)}>x</a> <a {link(1)}>x</a>",
    ),
    "no-track": (
        '<a ses:no-track href="https://a.example/">x</a>',
        '<a href="https://a.example/">x</a>',
    ),
    "no-track with a value, at the end": (
        '<a href="https://a.example/" ses:no-track="true">x</a>',
        '<a href="https://a.example/">x</a>',
    ),
    "tags": ('<a ses:tags="k:v;" href="https://a.example/">x</a>', f"<a {link(0)}>x</a>"),
}


@pytest.mark.parametrize(("html", "sent"), REWRITTEN.values(), ids=REWRITTEN)
def test_only_links_are_rewritten(html: str, sent: str) -> None:
    assert track_html(html, "id", CLICKS).html == sent


UNTOUCHED = {
    "mail": '<a href="mailto:a@b.c">x</a>',
    "script": '<a href="javascript:alert(1)">x</a>',
    "anchor": '<a href="#top">x</a>',
    "relative": '<a href="/a">x</a>',
    "no address": "<a name=x>x</a>",
    "not an anchor": '<area href="https://a.example/"><img src="https://a.example/">',
    "comment": '<!-- <a href="https://a.example/"> -->',
    "script text": "<script>'<a href=\"https://a.example/\">'</script>",
    "text": "https://a.example/ 1 < 2 &amp; <b",
}


@pytest.mark.parametrize("html", UNTOUCHED.values(), ids=UNTOUCHED)
def test_other_links_stay_as_they_are(html: str) -> None:
    assert track_html(html, "id", CLICKS).html == html


def test_link_tags_are_a_map_of_lists() -> None:
    html = '<a ses:tags="place:footer;color:a;color:b;" href="https://a.example/?x=1&amp;y">x</a>'

    tags = {"place": ["footer"], "color": ["a", "b"]}
    assert track_html(html, "id", CLICKS).links == [Link("https://a.example/?x=1&y", tags)]


def test_links_above_the_limit_are_not_tracked() -> None:
    html = '<a href="https://a.example/">x</a>' * (MAX_LINKS + 5)

    result = track_html(html, "id", CLICKS)

    assert len(result.links) == MAX_LINKS
    assert result.html.endswith('<a href="https://a.example/">x</a>' * 5)


PIXELS = {
    "before the end of the body": ("<p>x</p></body></html>", f"<p>x</p>{PIXEL}</body></html>"),
    "without a body": ("<p>x</p>", f"<p>x</p>{PIXEL}"),
    "at its placeholder": ("<p>{{ses:openTracker}}</p>x", f"<p>{PIXEL}</p>x"),
    "at the first of two": (
        "{{ses:openTracker}}x{{ ses:openTracker }}</body>",
        f"{PIXEL}x</body>",
    ),
}


@pytest.mark.parametrize(("html", "sent"), PIXELS.values(), ids=PIXELS)
def test_the_pixel_has_its_place(html: str, sent: str) -> None:
    assert track_html(html, "id", Tracking(BASE, opens=True)).html == sent


def test_html_is_not_tracked_when_no_destination_asks() -> None:
    html = '<a ses:tags="a:b" href="https://a.example/">x</a>'

    result = track_html(html + "{{ses:openTracker}}", "id", Tracking(BASE))

    assert (result.html, result.links) == (html, [])
    assert count_placeholders("{{ses:openTracker}} {{ses:openTracker}}") == 2


@given(
    st.lists(st.sampled_from(["<a ", "href=", "'", '"', ">", "<", "https://a/", "\n", "ß", "="]))
)
def test_any_html_can_be_read_and_stays_without_edits(pieces: list[str]) -> None:
    html = "".join(pieces)

    tags = start_tags(html)

    assert apply_edits(html, []) == html
    assert all(html[tag.start : tag.end].startswith("<") for tag in tags)
    track_html(html, "id", BOTH)


HTML = '<p>Grüße <a href="https://a.example/">x</a></p>'
FULL = Content("s", "text", HTML, attachments=(Attachment("a.html", "text/html", HTML.encode()),))
ENCODINGS = {
    "quoted-printable": (1, compose(ENVELOPE, FULL)),
    "base64": (
        0,
        (
            b"From: a@b.c\r\nContent-Type: text/html; charset=latin-1\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\nPGI+/DwvYj4=\r\n"
        ),
    ),
    "8bit": (0, b"Subject: \xfc\nContent-Type: text/html; charset=utf-8\n\n<b a=\xc3\xbc>\n"),
    "no text": (0, b"Content-Type: text/html; charset=utf-8\n\n<b class='\xff\xfe'>\n"),
    "unknown charset": (0, b"Content-Type: text/html; charset=klingon\n\n<b>\xe9\n"),
}


def contents(mime: bytes) -> list[bytes]:
    return [decoded_payload(part) for part in leaf_parts(parse_mime(mime))]


@pytest.mark.parametrize(("place", "mime"), ENCODINGS.values(), ids=ENCODINGS)
def test_the_html_part_is_replaced_in_its_own_encoding(place: int, mime: bytes) -> None:
    expected = contents(mime)
    expected[place] += b"<i>"

    assert contents(rewrite_html_body(mime, lambda html: html + "<i>")) == expected


@pytest.mark.parametrize(
    "mime",
    [
        compose(Envelope("id", ENVELOPE.date, "us-east-1"), Content("s", "text/html <p>")),
        b"Content-Type: text/html\nContent-Disposition: attachment; filename=a.html\n\n<p>",
        b"",
    ],
    ids=["plain text", "an attachment", "nothing"],
)
def test_a_message_without_an_html_body_is_left_alone(mime: bytes) -> None:
    assert rewrite_html_body(mime, lambda html: html + "!") == mime
