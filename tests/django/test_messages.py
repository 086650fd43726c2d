"""Messages of django.core.mail arrive as they were written, by every function of Django."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage as MIMEMessage
from email.mime.image import MIMEImage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.message import BadHeaderError
from django.test import override_settings
from django.utils.translation import gettext_lazy

from amsdal_mail import InvalidMessageError
from amsdal_mail.backends.memory import outbox
from amsdal_mail.django.convert import FIELDS, convert
from amsdal_mail.message.email import EmailRequest

SENDER, RECIPIENT = "shop@example.com", "anna@example.org"


def message(**fields: Any) -> EmailMultiAlternatives:
    given = {"subject": "Order 1", "body": "Thank you.", "from_email": SENDER, "to": [RECIPIENT]}
    return EmailMultiAlternatives(**(given | fields))


def sent() -> Any:
    (one,) = outbox
    return one.message


def test_send_mail_sends_text_and_html() -> None:
    count = mail.send_mail(
        "Order 1", "Thank you.", SENDER, [RECIPIENT], html_message="<p>Thank you.</p>"
    )
    assert count == 1
    assert (sent().body, sent().html_body) == ("Thank you.", "<p>Thank you.</p>")


def test_default_sender_is_that_of_the_settings() -> None:
    mail.send_mail("Order 1", "Thank you.", None, [RECIPIENT])
    assert sent().from_email == "webmaster@example.com"


def test_mass_mail_counts_the_messages() -> None:
    letters = [("A", "a", SENDER, [RECIPIENT]), ("B", "b", SENDER, ["bob@example.org"])]
    assert mail.send_mass_mail(letters) == 2
    assert [one.message.subject for one in outbox] == ["A", "B"]


@override_settings(ADMINS=[("Ann", "ann@example.com")], SERVER_EMAIL="root@example.com")
def test_mail_to_admins_arrives() -> None:
    mail.mail_admins("Down", "The shop is down.", html_message="<b>The shop is down.</b>")
    assert sent().subject == "[Django] Down"
    assert sent().to == ("ann@example.com",)


def test_password_reset_sends_its_link(client_of_user: Any) -> None:
    client_of_user.post("/reset/", {"email": RECIPIENT})
    assert "/reset/" in sent().body
    assert sent().to == (RECIPIENT,)


def test_all_kinds_of_recipients_and_headers_are_kept() -> None:
    message(
        cc=["Ärger <cc@exämple.com>"],
        bcc=["bcc@example.com"],
        reply_to=["reply@example.com", "Second <second@example.com>"],
        headers={"X-Order": 12, "Date": "Mon, 01 Jan 2024 00:00:00 +0000", "message-id": "<1@a>"},
    ).send()
    assert sent().cc == ("Ärger <cc@exämple.com>",)
    assert sent().bcc == ("bcc@example.com",)
    assert len(sent().reply_to) == 2
    assert dict(sent().headers) == {"X-Order": "12"}


def test_addresses_in_headers_replace_the_fields() -> None:
    message(
        headers={"FROM": "Shop <other@example.com>", "reply-to": "a@b.example, C <c@d.example>"}
    ).send()
    assert sent().from_email == "Shop <other@example.com>"
    assert sent().reply_to == ("a@b.example", "C <c@d.example>")


def test_to_in_headers_must_be_the_recipients() -> None:
    message(headers={"To": f"Anna <{RECIPIENT}>"}).send()
    with pytest.raises(InvalidMessageError, match=r"headers\.To: must name the recipients"):
        message(headers={"to": "list@example.com"}).send()
    assert len(outbox) == 1


def test_lazy_texts_and_addresses_are_sent() -> None:
    lazy = gettext_lazy
    message(
        subject=lazy("Order"), body=lazy("Thanks"), from_email=lazy(SENDER), to=[lazy(RECIPIENT)]
    ).send()
    assert (sent().subject, sent().body, sent().to) == ("Order", "Thanks", (RECIPIENT,))


def test_html_body_has_no_text_part() -> None:
    html = message(body="<p>Hello</p>")
    html.content_subtype = "html"
    html.attach_alternative("Hello", "text/plain")
    html.send()
    assert (sent().html_body, sent().body) == ("<p>Hello</p>", "Hello")


def test_calendar_is_an_alternative() -> None:
    invitation = message()
    invitation.attach_alternative("<p>Come</p>", "text/html")
    invitation.attach_alternative("BEGIN:VCALENDAR", "text/calendar; method=REQUEST")
    invitation.send()
    assert sent().alternatives == (("BEGIN:VCALENDAR", "text/calendar; method=REQUEST"),)
    assert b"text/calendar" in outbox[0].rendered[0]


def test_second_html_part_is_refused() -> None:
    twice = message()
    twice.attach_alternative("<p>1</p>", "text/html")
    twice.attach_alternative("<p>2</p>", "text/html")
    with pytest.raises(InvalidMessageError, match="two parts of the type text/html"):
        twice.send()


def test_files_of_each_form_are_attached(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("a;ä\n".encode("latin-1"))
    logo = MIMEImage(b"\x89PNG", "png")
    logo.add_header("Content-ID", "<logo>")
    logo.add_header("Content-Disposition", "inline", filename="logo.png")
    letter = message(attachments=[("terms.txt", "Terms ä", "text/plain"), logo])
    letter.attach_file(str(path))
    letter.attach("invoice.pdf", b"%PDF", "application/pdf")
    letter.attach(None, b"\x00\x01", "image/gif")
    letter.send()
    files = {file.filename: file for file in sent().attachments}
    assert files["terms.txt"].content == "Terms ä".encode()
    assert files["logo.png"].content_id == "logo"
    assert files["list.csv"].content == "a;ä\n".encode("latin-1")
    assert files["invoice.pdf"].content_type == "application/pdf"
    assert files["attachment-5.gif"].content == b"\x00\x01"


def test_attached_email_becomes_an_eml_file() -> None:
    inner = EmailMessage("Inner", "Text", SENDER, [RECIPIENT])
    mime = MIMEMessage()
    mime["Subject"] = "Mime"
    mime.set_content("Text")
    letter = message()
    letter.attach("inner", inner, "message/rfc822")
    letter.attach(None, mime, "message/rfc822")
    letter.attach("raw.eml", b"Subject: Raw\n\nText", "message/rfc822")
    letter.send()
    names = [file.filename for file in sent().attachments]
    assert names == ["inner.eml", "email-2.eml", "raw.eml"]
    assert b"Subject: Inner" in sent().attachments[0].content


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "a\nBcc: evil@example.com"},
        {"to": ["anna@example.org\nbcc: evil@example.com"]},
        {"from_email": "a@example.com\r\nX: y"},
        {"headers": {"X-One": "a\nb"}},
        {"headers": {"X-One\n": "a"}},
    ],
)
def test_line_break_is_the_error_of_django(fields: dict[str, Any]) -> None:
    with pytest.raises(BadHeaderError):
        message(**fields).send()
    assert outbox == []


def test_invalid_message_stops_all_of_the_call() -> None:
    letters = [message(), message(to=["no address"])]
    with pytest.raises(InvalidMessageError, match=r"to\[0\]"):
        mail.get_connection().send_messages(letters)
    assert outbox == []


def test_without_recipients_nothing_is_sent() -> None:
    assert message(to=[]).send() == 0
    assert mail.get_connection().send_messages([message(to=[""])]) == 0
    assert outbox == []


def test_attributes_of_anymail_are_fields() -> None:
    letter = message(to=[RECIPIENT, "bob@example.org"], body="Hi {{name}}, {{shop}}")
    letter.tags = ["order"]
    letter.metadata = {"order_id": 12}
    letter.merge_data = {RECIPIENT: {"name": "Anna"}, "bob@example.org": {"name": "Bob"}}
    letter.merge_global_data = {"shop": "Shop"}
    letter.merge_metadata = {RECIPIENT: {"user": "1"}}
    letter.track_opens = False
    letter.send()
    assert sent().tags == ("order",)
    assert dict(sent().metadata) == {"order_id": "12"}
    assert sent().track_opens is False
    assert {"user": "1"} in [dict(given) for given in sent().merge_metadata.values()]
    anna, bob = outbox[0].rendered
    assert b"Hi Anna, Shop" in anna
    assert b"Hi Bob, Shop" in bob
    assert letter.send_status.is_success
    assert letter.anymail_status.status == {"queued"}
    assert set(letter.anymail_status.recipients) == {RECIPIENT, "bob@example.org"}
    assert letter.anymail_status.message_id == letter.send_status.message_id


def test_fields_of_the_service_make_a_request() -> None:
    letter = message()
    letter.stream = "bulk"
    letter.idempotency_key = "order-1"
    letter.send_at = datetime(2030, 1, 1, 12)  # noqa: DTZ001 - in the time zone of the settings
    letter.expires_in = timedelta(hours=1)
    request = convert(letter, {})
    assert isinstance(request, EmailRequest)
    assert (request.stream, request.idempotency_key) == ("bulk", "order-1")
    assert request.send_at == datetime(2030, 1, 1, 12, tzinfo=ZoneInfo("Europe/Vienna"))
    letter.send_at = date(2030, 1, 1)
    midnight = convert(letter, {})
    assert isinstance(midnight, EmailRequest)
    assert midnight.send_at == datetime(2029, 12, 31, 23, tzinfo=UTC)


def test_defaults_are_joined_with_the_message() -> None:
    letter = message()
    letter.tags = ["order"]
    given = convert(letter, {"tags": ["shop"], "metadata": {"app": "1"}, "track_clicks": False})
    assert given.tags == ("shop", "order")
    assert dict(given.metadata) == {"app": "1"}
    assert given.track_clicks is False
    with pytest.raises(InvalidMessageError, match=r"SEND_DEFAULTS\.tag: is not a field"):
        convert(letter, {"tag": "shop"})


def test_every_field_of_a_message_can_be_given() -> None:
    set_by_django = {
        *("subject", "body", "html_body", "from_email", "to", "cc", "bcc", "reply_to"),
        *("headers", "attachments", "alternatives"),
    }
    assert set(FIELDS) | set_by_django == set(EmailRequest.model_fields)
