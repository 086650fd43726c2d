"""The HTML of a message in its frame: its links and its inline images."""

from __future__ import annotations

import pytest

from amsdal_mail.console.mail_frame import content_ids, frame_height, framed, policy

IMAGES = {"logo": "/messages/1/parts/2"}
NEW_TAB = 'target="_blank" rel="noopener noreferrer nofollow"'
FRAMED = {
    "a link": ("<a href='/x'>x</a>", f"<a {NEW_TAB} href='/x'>x</a>"),
    "a link that knows better": (
        "<A target=_top REL=opener ping=/p href=x>x</A>",
        f"<A {NEW_TAB} href=x>x</A>",
    ),
    "an area": ("<area href=x>", f"<area {NEW_TAB} href=x>"),
    "an inline image": (
        "<img alt='' src='cid:logo'>",
        "<img alt='' src=\"/messages/1/parts/2\">",
    ),
    "a background": ("<td background=CID:logo>", '<td background="/messages/1/parts/2">'),
    "no such image": ("<img src='cid:other'>", "<img src='cid:other'>"),
    "base, link, meta": (
        "<base href=/><link rel=icon href=/><meta http-equiv=refresh content=0><p>x",
        "<p>x",
    ),
}


@pytest.mark.parametrize(("html", "shown"), FRAMED.values(), ids=FRAMED)
def test_links_and_images_work_inside_the_frame(html: str, shown: str) -> None:
    assert framed(html, IMAGES) == shown


def test_the_frame_may_load_its_own_images_and_nothing_else() -> None:
    rules = dict(rule.split(maxsplit=1) for rule in policy("http://a/parts/").split("; "))

    assert rules["default-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert rules["img-src"] == "data: http://a/parts/"
    assert rules["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert "script-src" not in rules


HEIGHTS = {
    "a line": ("<p>Hi.</p>", 60, 160),
    "a pixel": ('<p>Hi.</p><img src=x style="width: 1px; height: 1px;">', 60, 160),
    "an image": ("<img src=x height=' 200px'>", 200, 300),
    "an image of unknown size": ("<img src=x height=tall style='max-height: 9px'>", 200, 300),
    "paragraphs": ("<p>" + "word " * 60 + "</p><p>" + "word " * 60, 300, 600),
}
LONG = {
    "text": "word " * 2000,
    "a long document": "<!--" + "x" * 30_000 + "-->",
    "a style": "<style>p { height: 9000px }</style><p>x",
    "an endless image": "<img src=x height=99999999999999999999>",
    "other digits": "<p>x</p>" * 40 + "<img height=٣٣>",
}


@pytest.mark.parametrize(("html", "least", "most"), HEIGHTS.values(), ids=HEIGHTS)
def test_short_mail_has_a_height(html: str, least: int, most: int) -> None:
    height = frame_height(html)

    assert height is not None
    assert least <= height <= most


@pytest.mark.parametrize("html", LONG.values(), ids=LONG)
def test_long_or_unclear_mail_fills_the_page(html: str) -> None:
    assert frame_height(html) is None


def test_content_ids_are_those_of_images() -> None:
    html = "<img src='cid:a'><td background=CID:b><a href='cid:c'><img alt='cid:d' src=x>"

    assert content_ids(html) == {"a", "b"}
