"""`show`, `content`, `cancel` and `reschedule`: one email."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.commands.content import file_name
from amsdal_mail.cli.invocation import Invocation
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI, view


def test_show_has_recipients_errors_and_timeline(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    record = view()["email"] | {"has_content": True, "resent_from": "order-0"}
    api.reply(view(email=record))

    done = amsdal_mail("show", "order-1")

    assert done.code == 0
    lines = [line.strip("│├└─ ").strip() for line in done.out.splitlines()]
    assert lines == [
        "order-1  bounced",
        "created   2026-12-01 10:00:00 UTC",
        "from      orders@example.com",
        "subject   Order 1",
        "tags      order",
        "metadata  order_id=1",
        "stream    transactional",
        "content   kept: amsdal-mail content order-1",
        "resent of order-0",
        "recipients: 1 bounced",
        "bob@example.org  bounced",
        "SES message 0100-1",
        "Permanent/General: smtp; 550 5.1.1 user unknown",
        "timeline (UTC)",
        "2026-12-01 10:00:01  bounce            bob@example.org  type Permanent, status 5.1.1",
    ]


def test_show_json_is_the_answer_of_the_api(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(view())

    assert amsdal_mail("show", "order-1", "--json").json == view()


def test_show_of_an_email_past_the_service(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(view("ses-0100", email=None, timeline=[], recipients_next="m@example.org"))

    done = amsdal_mail("show", "ses-0100", "--recipients-after", "a+b@example.org")

    assert "past the service" in done.out
    assert "SES has reported nothing yet." in done.out
    assert "more: --recipients-after m@example.org" in done.out
    assert api.calls[0].query == {"recipients_after": "a+b@example.org"}


def test_version_of_the_template_is_shown(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    record = view()["email"] | {"template_id": "welcome", "template_version": "welcome-1a2b"}
    api.reply(view(email=record))

    assert amsdal_mail("show", "order-1").out.count("version   welcome-1a2b") == 1


def test_suppressed_email_says_that_ses_was_not_asked(
    api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    recipient = view()["recipients"][0] | {"state": "suppressed", "message_id": None}
    api.reply(view(state="suppressed", recipients=[recipient], timeline=[]))

    out = amsdal_mail("show", "order-1").out

    assert "SES was not asked to send it." in out
    assert "amsdal-mail suppressions show bob@example.org" in out


def test_rejected_email_shows_the_broken_rules(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    record = view()["email"] | {"errors": [{"field": "to", "rule": "must not be empty"}]}
    api.reply(view(email=record))

    assert "to must not be empty" in amsdal_mail("show", "order-1").out


@pytest.mark.parametrize("email_id", ["", "a/b", "../x", "a b", "a?b=c", "é", "x" * 129, "-"])
@pytest.mark.parametrize("command", ["show", "content", "cancel", "resend"])
def test_what_is_no_id_is_refused(
    command: str, email_id: str, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    done = amsdal_mail(command, "--", email_id)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: ID must be 1 to 128 letters")
    assert api.calls == []


def test_cancel_posts_and_shows_the_email(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(view(state="canceled"))

    done = amsdal_mail("cancel", "order-1")

    assert "order-1  canceled" in done.out
    assert (api.calls[0].method, api.calls[0].path) == ("POST", "/emails/order-1/cancel")


def test_cancel_too_late_says_so(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply({"message": "The email is sent.", "detail": []}, status=409)

    done = amsdal_mail("cancel", "order-1", "--json")

    assert (done.code, done.out) == (1, "")
    assert (done.error["status"], done.error["message"]) == (409, "The email is sent.")


def test_reschedule_takes_a_length_of_time(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(view(state="scheduled"))

    amsdal_mail("reschedule", "order-1", "2h")

    assert api.calls[0].method == "PATCH"
    moment = datetime.fromisoformat(api.calls[0].body["send_at"])
    assert abs(moment - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)


@pytest.mark.parametrize("time", ["tomorrow", "2026-12-24T09:30:00", "", "99999999d", "0x10"])
def test_reschedule_refuses_what_is_no_time(
    time: str, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    done = amsdal_mail("reschedule", "order-1", time)

    assert (done.code, done.err.startswith("Error: TIME must be")) == (2, True)
    assert api.calls == []


def kept(api: FakeAPI, *names: str, **message: Any) -> dict[str, Any]:
    attachments = []
    for number, name in enumerate(names):
        api.files[f"/files/{number}"] = f"file {number}".encode()
        attachments.append(
            {"filename": name, "content_type": "text/plain", "size": 6, "content_id": None,
             "url": f"{api.url}/files/{number}"}
        )  # fmt: skip
    return {
        "email_id": "order-1",
        "message": {"from_email": "orders@example.com", "to": ["bob@example.org"],
                    "subject": "Order 1", "body": "Thank\nyou.", "html_body": "<p>Thank you.</p>",
                    **message},
        "attachments": attachments,
        "expires_at": "2026-12-08T10:00:00+00:00",
    }  # fmt: skip


def test_content_shows_the_text_and_the_files(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(kept(api, "report.pdf", merge_global_data={"name": "Bob"}))

    done = amsdal_mail("content", "order-1")

    assert done.code == 0
    for text in ("bob@example.org", "Thank\nyou.", "report.pdf", '"name": "Bob"', "HTML of 17"):
        assert text in done.out


def test_content_is_saved_into_the_folder_only(
    api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path
) -> None:
    names = ("../../evil.sh", "report.pdf", "report.pdf", "body.txt", "..", "/etc/passwd", "a\x1bb")
    api.reply(kept(api, *names))
    folder = tmp_path / "new" / "order-1"

    done = amsdal_mail("content", "order-1", "--save", str(folder))

    assert done.code == 0
    saved = {str(path.relative_to(tmp_path)): path.read_bytes() for path in folder.iterdir()}
    assert saved == {
        f"new/order-1/{name}": content
        for name, content in {
            "body.txt": b"Thank\nyou.",
            "body.html": b"<p>Thank you.</p>",
            "evil.sh": b"file 0",
            "report.pdf": b"file 1",
            "report-2.pdf": b"file 2",
            "body-2.txt": b"file 3",
            "attachment": b"file 4",
            "passwd": b"file 5",
            "a_b": b"file 6",
        }.items()
    }


def test_large_body_comes_from_its_link(
    api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path
) -> None:
    answer = kept(api)
    del answer["message"]["body"]
    api.files["/files/message"] = b'{"subject": "x", "body": "The whole text."}'
    answer |= {"left_out": ["body"], "message_url": f"{api.url}/files/message"}
    api.reply(answer)

    done = amsdal_mail("content", "order-1", "--save", str(tmp_path))

    assert "The whole text." in done.out
    assert (tmp_path / "body.txt").read_text() == "The whole text."
    assert amsdal_mail("content", "order-1", "--json").json == answer


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b"\xff"])
def test_broken_message_behind_the_link_is_an_error(
    document: bytes, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    api.files["/files/message"] = document
    api.reply(kept(api) | {"left_out": ["body"], "message_url": f"{api.url}/files/message"})

    done = amsdal_mail("content", "order-1")

    assert (done.code, done.out) == (1, "")
    assert "The kept message cannot be read" in done.err


def test_file_that_is_gone_is_left_out(
    api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path
) -> None:
    answer = kept(api, "gone.pdf", "there.pdf")
    answer["attachments"][0] |= {"url": None, "size": None}
    api.reply(answer)

    done = amsdal_mail("content", "order-1", "--save", str(tmp_path))

    assert {path.name for path in tmp_path.iterdir()} == {"body.txt", "body.html", "there.pdf"}
    assert "gone.pdf is not there any more" in done.err


def test_refused_download_is_an_error(
    api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path
) -> None:
    answer = kept(api, "a.pdf")
    api.files.clear()
    api.reply(answer)

    done = amsdal_mail("content", "order-1", "--save", str(tmp_path / "new"))

    assert (done.code, done.err) == (1, "Error: S3 refused the file: 404.\n")
    assert not (tmp_path / "new").exists()


def test_content_overwrites_no_file(api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "body.txt").write_text("mine")
    api.reply(kept(api))

    done = amsdal_mail("content", "order-1", "--save", str(tmp_path))

    assert done.code == 1
    assert "File exists" in done.err
    assert (tmp_path / "body.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["", ".", "...", ".bashrc", "a" * 1000 + ".txt", "con\u202etxt.exe"]
)
def test_file_name_is_a_plain_name(name: str) -> None:
    safe = file_name(name)

    assert 1 <= len(safe) <= 120
    assert not safe.startswith(".")
    assert "\u202e" not in safe


def test_colours_at_a_terminal_mark_only_what_they_mean(
    api: FakeAPI, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    api.reply(view())

    assert run(["show", "order-1"], invocation) == 0
    lines = terminal.getvalue()
    assert "\x1b[1;31mbounced\x1b[0m" in lines
    assert "\x1b[2mfrom      \x1b[0morders@example.com\n" in lines
