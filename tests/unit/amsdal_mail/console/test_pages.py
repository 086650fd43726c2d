"""The pages over a source in memory: what they show, and that nothing of it becomes markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amsdal_mail.console.source import SourceError
from amsdal_mail.console.values import (
    Content,
    DeadLetter,
    File,
    Finding,
    Notice,
    Suppression,
    Table,
    Template,
    TemplateView,
)
from tests.unit.amsdal_mail.console.conftest import Reader, words
from tests.unit.amsdal_mail.console.fake_source import NOW, FakeSource, content, email

HOSTILE = "\"><script>alert(1)</script>'‮\x00" + "{{ 7 * 7 }}"
PAGES = (
    "/", "/emails/e1", "/emails/e1?view=text", "/emails/e1?view=headers", "/emails/e1?view=check",
    "/metrics", "/templates", "/templates/t1", "/suppressions", "/dead-letters?queue=send",
    "/parts/doctor", "/api", "/parts/rows", "/parts/story/e1",
)  # fmt: skip


def fill(source: FakeSource, text: str) -> None:
    """Put a text wherever a stranger's text can stand."""
    source.emails = [
        email("e1", subject=text, sender=text, addresses=(text,), tags=(text,),
              metadata={text: text}, template=text, state=text)
    ]  # fmt: skip
    source.contents["e1"] = Content(
        subject=text, sender=text, to=(text,), cc=(text,), text=text, html=f"<p>{text}",
        files=(File(0, text, text, 12, text),), tables=(Table(text, ((text, text),)),),
        notices=(Notice(text, text, "warn"),), ids=((text, text),),
    )  # fmt: skip
    source.lists = {name: [Suppression(text, text, NOW, None)] for name in source.lists}
    source.dead["send"] = [DeadLetter(text, text, "e1", (text,), NOW, 1)]
    source.found = [Finding(text, "fail", text, text)]
    template = Template("t1", NOW, text, (text,), text)
    source.stored = [TemplateView(template, text, text, text, text, text, problem=text)]
    source.numbers["tags"] = [{**source.numbers["tags"][0], "tag": text}]
    source.numbers["domains"][0]["domain"] = text
    source.stage = replace(source.stage, address=text, stage=text)


@pytest.mark.parametrize("path", PAGES)
def test_no_text_of_a_stranger_becomes_markup(
    reader: Reader, source: FakeSource, path: str
) -> None:
    fill(source, HOSTILE)

    html = reader.get(path)

    assert "<script>alert" not in html
    assert "49" not in words(html).replace("149", "")


@pytest.mark.parametrize("path", PAGES)
def test_very_long_texts_break_no_page(reader: Reader, source: FakeSource, path: str) -> None:
    fill(source, "Ä" * 100_000)

    assert reader.get(path)


@pytest.mark.parametrize("query", ["q", "state", "recipient", "tag", "template", "from", "cursor"])
def test_a_search_is_shown_as_text(reader: Reader, query: str) -> None:
    html = reader.get(f"/?{query}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in html


def test_older_emails_are_reached_page_by_page(reader: Reader, source: FakeSource) -> None:
    source.page_size = 60
    source.emails = [email(f"e{number}") for number in range(130)]

    first = reader.get("/")
    second = reader.get("/?cursor=60")
    third = reader.get("/?cursor=120")

    assert "cursor=60" in first
    assert 'href="/emails/e60' in second
    assert "data-live" in first
    assert "data-live" not in second  # a page of the past does not change under the reader
    assert 'id="older"' not in third


def test_email_shows_story_and_why_content_is_missing(reader: Reader, source: FakeSource) -> None:
    source.emails = [email("e1", "bounced", tags=("welcome",))]

    text = words(reader.get("/emails/e1"))

    for part in ("Bounced", "550 5.1.1", "welcome", "The stage keeps no content."):
        assert part in text


def test_sensitive_content_is_shown_after_a_click(reader: Reader, source: FakeSource) -> None:
    source.emails = [email("e1", subject="", is_sensitive=True)]
    source.contents["e1"] = content(is_sensitive=True, subject="Code 482911", text="482911")

    assert "482911" not in reader.get("/emails/e1?view=text")
    assert "482911" in reader.get("/emails/e1?view=text&show")


def test_inline_image_becomes_part_of_the_frame(reader: Reader, source: FakeSource) -> None:
    source.emails = [email("e1")]
    source.contents["e1"] = content(html="<img src='cid:logo'><img src='cid:other'>")

    response = reader.open("/emails/e1/html")

    assert 'src="data:image/svg+xml;base64,' in response.text
    assert "cid:other" in response.text
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'; img-src data:;" in policy
    assert "sandbox allow-popups" in policy


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml; x='\"><script>'"])
def test_only_an_image_becomes_part_of_the_frame(
    reader: Reader, source: FakeSource, kind: str
) -> None:
    source.emails = [email("e1")]
    files = (File(0, "a", kind, 10, "logo"),)
    source.contents["e1"] = content(html="<img src='cid:logo'>", files=files)

    assert "<script>" not in reader.open("/emails/e1/html").text


def test_attachment_is_a_sandboxed_download(reader: Reader, source: FakeSource) -> None:
    source.emails = [email("e1")]
    files = (File(0, "a\r\nSet-Cookie: x=1.html", "text/html", 10),)
    source.contents["e1"] = content(files=files)

    response = reader.open("/emails/e1/parts/0")

    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''a%0D")
    assert response.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert response.headers["x-content-type-options"] == "nosniff"


CALLS = {
    "/": "find", "/suppressions": "suppressions ses", "/metrics": "metrics",
    "/dead-letters?queue=send": "dead_letters",
}  # fmt: skip


@pytest.mark.parametrize(("path", "call"), CALLS.items())
def test_page_says_what_could_not_be_read(
    reader: Reader, source: FakeSource, path: str, call: str
) -> None:
    source.broken[call] = SourceError("AWS denied access.", cure="Ask for execute-api:Invoke.")
    source.dead["send"] = [DeadLetter("m", "request", None, (), None, 1)]

    text = words(reader.get(path))

    assert "AWS denied access." in text
    assert "Ask for execute-api:Invoke." in text


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/emails/e1", "story"),
        ("/templates", "templates"),
        ("/dead-letters", "queues"),
        ("/parts/doctor", "findings"),
    ],
)
def test_unreadable_page_has_the_status_of_its_source(
    reader: Reader, source: FakeSource, path: str, call: str
) -> None:
    source.broken[call] = SourceError("The API did not answer.", status=502, cure="Try again.")

    response = reader.open(path)

    assert response.status_code == 502
    assert "The API did not answer." in response.text


@pytest.mark.parametrize("path", ["/emails/..%2f..", "/emails/a%20b", f"/emails/{'a' * 300}"])
def test_what_cannot_be_an_id_is_not_asked_for(reader: Reader, path: str) -> None:
    assert reader.status(path) == 404


def test_suppression_lists_have_pages_of_their_own(reader: Reader, source: FakeSource) -> None:
    rows = [Suppression(f"a{number}@example.net", "bounce", NOW, "e1") for number in range(5)]
    source.lists["service"] = [*rows, Suppression(None, "complaint", NOW)]

    first, last = reader.get("/suppressions"), reader.get("/suppressions?service=4&ses=")

    assert "a1@example.net" in first
    assert "a2@example.net" not in first
    assert "a4@example.net" in last
    assert "an erased person" in last


def test_findings_come_with_the_failures_first(reader: Reader, source: FakeSource) -> None:
    source.found = [
        Finding("identity", "ok", "It is verified."),
        Finding("DMARC", "fail", "There is no record.", "Enter v=DMARC1; p=none"),
    ]

    text = words(reader.get("/parts/doctor"))

    assert text.index("DMARC") < text.index("identity")
    assert "1 failed" in text
    assert "Enter v=DMARC1; p=none" in text


def test_metrics_have_charts_with_words_and_tables(reader: Reader) -> None:
    html = reader.get("/metrics?days=7")

    assert html.count("<svg") == 2 * html.count("As a table") == 6  # for a desk and for a phone
    assert "Recipients a day. Delivered: at most" in html
    assert 'style="' not in html  # the policy of the page blocks it
