"""The check of a message: each fault is found, and a good message has none."""

from __future__ import annotations

import pytest

from amsdal_mail.console.html_check import check
from amsdal_mail.console.values import Content, File
from tests.unit.amsdal_mail.console.fake_source import content

GOOD = (
    '<a href="https://shop.example.com/1">Go</a><img src="cid:logo" alt="Logo" width=40 height=40>'
)
LARGE = (File(0, "a.png", "image/png", 900_000, "logo"),)
FAULTS = {
    "no text part": ({"text": " "}, "No text part."),
    "placeholder": ({"subject": "Hi {{name}}"}, "A placeholder was not replaced."),
    "placeholder in the text": ({"text": "Hi {{ name }}"}, "A placeholder was not replaced."),
    "empty link": ({"html": "<a href=''>x</a>"}, "Links that lead nowhere."),
    "fragment": ({"html": "<a href=#>x</a>"}, "Links that lead nowhere."),
    "relative link": ({"html": "<a href=/orders>x</a>"}, "Links that lead nowhere."),
    "script link": ({"html": "<a href=javascript:x>x</a>"}, "Links that lead nowhere."),
    "broken link": ({"html": "<a href='http://[x'>x</a>"}, "Links that lead nowhere."),
    "plain HTTP": ({"html": "<a href=http://a.example>x</a>"}, "Links without TLS."),
    "dead cid": (
        {"html": "<img src='cid:nope' alt='' width=1>"}, "Inline images that are not attached.",
    ),
    "no alt": ({"html": "<img src=cid:logo width=1>"}, "Images without an alt text."),
    "no size": ({"html": "<img src=cid:logo alt=''>"}, "Images without width and height."),
    "large image": ({"files": LARGE}, "Large inline images."),
    "script": ({"html": "<script>x</script>"}, "Elements that mail programs remove."),
    "style sheet": ({"html": "<link rel=stylesheet href=x>"}, "A style sheet is linked."),
    "long": ({"html": "x" * 110_000}, "Gmail clips this message."),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "title"), FAULTS.values(), ids=FAULTS)
def test_fault_is_found(fields: dict[str, object], title: str) -> None:
    message = content(**{"html": GOOD, **fields})

    assert title in [remark.title for remark in check(message) if remark.tone in {"bad", "warn"}]


def test_good_message_has_no_fault() -> None:
    remarks = check(content(html=GOOD))

    assert remarks[0].title == "Nothing found."
    assert {remark.tone for remark in remarks} <= {"good", "calm"}


def test_worst_remark_comes_first() -> None:
    remarks = check(content(html="<a href=http://a.example>x</a><a href='#'>y</a>"))

    assert [remark.tone for remark in remarks][:2] == ["bad", "warn"]


def test_many_faults_are_named_by_a_few_examples() -> None:
    html = "".join(f"<a href='/{number}'>x</a>" for number in range(5000))

    (remark,) = (row for row in check(content(html=html)) if row.tone == "bad")

    assert "and 4992 more" in remark.text
    assert len(remark.text) < 300


def test_message_of_text_alone_is_checked() -> None:
    assert check(Content(text="Hello"))[0].title == "Nothing found."
