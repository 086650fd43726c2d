"""The forms of the pages: what they ask of the source, and who may send them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amsdal_mail.console.source import SourceError
from amsdal_mail.console.values import DeadLetter, Suppression
from tests.unit.amsdal_mail.console.conftest import Reader
from tests.unit.amsdal_mail.console.fake_source import NOW, FakeSource, content, email

KEY = "0" * 32
FORMS = {
    "/emails/e1/resend": {"who": "all", "key": KEY},
    "/emails/e1/cancel": {},
    "/emails/e1/reschedule": {"send_at": "2026-12-24T09:00"},
    "/suppressions/remove": {"address": "a@example.net"},
    "/dead-letters/redrive": {"queue": "send"},
    "/api": {"operation": "POST /emails", "body": "{}"},
}


@pytest.fixture(autouse=True)
def filled(source: FakeSource) -> None:
    source.emails = [email("e1", "scheduled", send_at=NOW)]
    source.lists["ses"] = [Suppression("a@example.net", "BOUNCE", NOW)]
    source.dead["send"] = [DeadLetter("m", "request", "e1", ("no identity",), NOW, 4)]


@pytest.mark.parametrize(("path", "form"), FORMS.items(), ids=FORMS)
def test_read_only_console_changes_nothing(
    visitor: Reader, source: FakeSource, path: str, form: dict[str, str]
) -> None:
    response = visitor.submit(path, form)

    assert response.status_code == 403
    assert "--allow-changes" in response.text
    assert source.calls == []


@pytest.mark.parametrize(("path", "form"), FORMS.items(), ids=FORMS)
def test_form_without_its_secret_changes_nothing(
    reader: Reader, source: FakeSource, path: str, form: dict[str, str]
) -> None:
    for secret in ("", "guess", "ü"):
        assert reader.submit(path, {**form, "csrf": secret}).status_code == 403

    assert source.calls == []


@pytest.mark.parametrize(("path", "form"), FORMS.items(), ids=FORMS)
def test_form_changes_what_it_says(
    reader: Reader, source: FakeSource, path: str, form: dict[str, str]
) -> None:
    assert reader.submit(path, form).status_code in {200, 303}

    assert len(source.calls) == 1


@pytest.mark.parametrize("path", ["/", "/emails/e1", "/suppressions", "/dead-letters", "/api"])
def test_read_only_pages_offer_no_change(visitor: Reader, source: FakeSource, path: str) -> None:
    source.records["e1"] = {"has_content": True}
    html = visitor.get(path)

    for word in (">Remove<", ">Back to work<", ">Send again<", ">Cancel the email<", ">Move<"):
        assert word not in html
    assert "read-only" in html


RESENT = {
    "all": ({"who": "all"}, {}),
    "failed": ({"who": "failed"}, {"only_failed": True}),
    "others": ({"who": "others", "to": "b@c.de, d@e.fg;\nh@i.jk"},
               {"to": ["b@c.de", "d@e.fg", "h@i.jk"]}),
}  # fmt: skip


@pytest.mark.parametrize(("form", "body"), RESENT.values(), ids=RESENT)
def test_resend_reaches_those_who_were_chosen(
    reader: Reader, source: FakeSource, form: dict[str, str], body: dict[str, object]
) -> None:
    response = reader.submit("/emails/e1/resend", {"key": KEY, **form})

    assert source.calls == [("resend", "e1", body)]
    assert response.headers["location"] == f"/emails/{KEY}?done=resent"
    assert "This is the new email." in reader.get(response.headers["location"])


def test_resend_counts_also_recipients_of_other_pages(reader: Reader, source: FakeSource) -> None:
    source.records["e1"] = {"has_content": True}
    source.emails[0] = replace(source.emails[0], counts={"bounced": 1200, "delivered": 5})

    assert "to those who did not get it (1200)" in reader.get("/emails/e1")


@pytest.mark.parametrize(
    "form",
    [{"who": "all"}, {"who": "all", "key": "x"}, {"who": "none", "key": KEY},
     {"who": "others", "to": " , ", "key": KEY}],
)  # fmt: skip
def test_unclear_resend_is_refused(
    reader: Reader, source: FakeSource, form: dict[str, str]
) -> None:
    assert reader.submit("/emails/e1/resend", form).status_code == 400
    assert source.calls == []


def test_time_of_a_form_is_of_utc(reader: Reader, source: FakeSource) -> None:
    for text in ("2026-12-24T09:00", "2026-12-24T09:00:00+02:00", "2026-12-24T09:00Z"):
        reader.submit("/emails/e1/reschedule", {"send_at": text})

    assert [call[2] for call in source.calls] == [
        "2026-12-24T09:00:00+00:00", "2026-12-24T09:00:00+02:00", "2026-12-24T09:00:00+00:00",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00", "9" * 100_000])
def test_time_that_is_none_is_refused(reader: Reader, source: FakeSource, text: str) -> None:
    assert reader.submit("/emails/e1/reschedule", {"send_at": text}).status_code == 400
    assert source.calls == []


def test_refusal_of_the_service_is_shown(reader: Reader, source: FakeSource) -> None:
    source.broken["resend"] = SourceError("Nothing was kept of this email.", status=409)

    response = reader.submit("/emails/e1/resend", {"who": "all", "key": KEY})

    assert response.status_code == 409
    assert "Nothing was kept of this email." in response.text


def test_very_large_form_is_refused(reader: Reader, source: FakeSource) -> None:
    form = {"operation": "POST /emails", "body": "x" * 1_100_000}

    assert reader.submit("/api", form).status_code == 413
    assert source.calls == []


def test_resend_is_offered_only_where_content_is_kept(reader: Reader, source: FakeSource) -> None:
    source.contents["e1"] = content()
    assert ">Send again<" not in reader.get("/emails/e1")

    source.records["e1"] = {"has_content": True}

    assert ">Send again<" in reader.get("/emails/e1")


def test_api_call_is_made_with_its_fields(reader: Reader, source: FakeSource) -> None:
    form = {"operation": "GET /emails/{email_id}", "path.email_id": "a/../b?x"}
    html = reader.submit("/api", form).text
    reader.submit("/api", {"operation": "GET /emails", "query.recipient": "a+b@example.net"})

    assert source.calls == [
        ("GET", "/emails/a%2F..%2Fb%3Fx", ""),
        ("GET", "/emails?recipient=a%2Bb%40example.net", ""),
    ]
    assert "&#34;state&#34;: &#34;delivered&#34;" in html


@pytest.mark.parametrize(
    "form",
    [{}, {"operation": "PUT /secrets"}, {"operation": "GET /emails/{email_id}"},
     {"operation": "DELETE /suppressions"}],
)  # fmt: skip
def test_unknown_or_incomplete_api_call_is_not_made(
    reader: Reader, source: FakeSource, form: dict[str, str]
) -> None:
    assert reader.submit("/api", form).status_code in {400, 404}
    assert source.calls == []


def test_read_only_console_makes_calls_that_read(visitor: Reader, source: FakeSource) -> None:
    assert visitor.submit("/api", {"operation": "GET /emails"}).status_code == 200
    assert source.calls == [("GET", "/emails", "")]
