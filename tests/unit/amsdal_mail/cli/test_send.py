"""`send` and `resend`: the request, the key, the files and the exit code."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI

BASE = ("send", "--from", "orders@example.com", "--to", "bob@example.org", "--subject", "Hi")


def sent(state: str = "accepted", *, is_success: bool = True, **fields: Any) -> dict[str, Any]:
    recipient = {"address": "bob@example.org", "state": state, "message_id": None,
                 "error_code": None if is_success else "MessageRejected",
                 "error_message": None if is_success else "no"}  # fmt: skip
    return {
        "email_id": "k",
        "state": state,
        "message_id": None,
        "is_success": is_success,
        "recipients": [recipient],
    } | fields


def test_options_become_the_request(api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>Ü</p>")
    (tmp_path / "report.txt").write_bytes(b"\x00\xff")
    api.reply(sent())

    done = amsdal_mail(
        *BASE, "--to", "eve@example.org", "--cc", "c@example.org", "--bcc", "d@example.org",
        "--reply-to", "r@example.com", "--text", "Hello {{name}}",
        "--html-file", str(tmp_path / "a.html"), "--attachment", str(tmp_path / "report.txt"),
        "--data", '{"name": "Bob"}', "--tag", "x", "--tag", "y", "--metadata", "order_id=1=2",
        "--stream", "bulk", "--send-at", "2026-12-24T09:30:00+01:00", "--expires-in", "15m",
        "--sensitive", "--key", "order-1",
    )  # fmt: skip

    assert done.code == 0
    assert api.calls[0].headers["idempotency-key"] == "order-1"
    assert api.calls[0].body == {
        "from_email": "orders@example.com",
        "to": ["bob@example.org", "eve@example.org"],
        "cc": ["c@example.org"],
        "bcc": ["d@example.org"],
        "reply_to": ["r@example.com"],
        "subject": "Hi",
        "body": "Hello {{name}}",
        "html_body": "<p>Ü</p>",
        "merge_global_data": {"name": "Bob"},
        "tags": ["x", "y"],
        "metadata": {"order_id": "1=2"},
        "stream": "bulk",
        "send_at": "2026-12-24T08:30:00+00:00",
        "expires_in": 900,
        "sensitive": True,
        "attachments": [
            {
                "filename": "report.txt",
                "mimetype": "text/plain",
                "content": base64.b64encode(b"\x00\xff").decode(),
            }
        ],
    }
    assert "k  accepted" in done.out
    assert "amsdal-mail show k" in done.out


def test_only_given_options_are_in_the_request(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(sent())

    amsdal_mail("send", "--from", "a@example.com", "--to", "b@example.com", "--template", "t")

    assert api.calls[0].body == {
        "from_email": "a@example.com", "to": ["b@example.com"], "template_id": "t",
    }  # fmt: skip


def test_each_send_has_a_key_of_its_own(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(sent())

    amsdal_mail(*BASE, "--text", "a")
    amsdal_mail(*BASE, "--text", "a")

    keys = [call.headers["idempotency-key"] for call in api.calls]
    assert len(set(keys)) == 2


def test_request_comes_from_standard_input(
    api: FakeAPI, amsdal_mail: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {"idempotency_key": "order-9", "from_email": "a@example.com", "to": ["x@example.com"],
               "subject": "S", "body": "B"}  # fmt: skip
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(request).encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    api.reply(sent())

    amsdal_mail("send", "--request", "-", "--to", "bob@example.org")

    assert api.calls[0].headers["idempotency-key"] == "order-9"
    assert api.calls[0].body == {
        "from_email": "a@example.com", "to": ["bob@example.org"], "subject": "S", "body": "B",
    }  # fmt: skip


def test_large_attachments_are_uploaded(
    api: FakeAPI, amsdal_mail: RunCommand, tmp_path: Path
) -> None:
    (tmp_path / "big.pdf").write_bytes(b"x" * 3_000_000)
    upload = {"upload_id": "u1", "method": "PUT", "url": f"{api.url}/files/u1", "headers": {}}
    api.reply(upload, status=201)
    api.reply(sent())

    done = amsdal_mail(*BASE, "--text", "a", "--attachment", str(tmp_path / "big.pdf"))

    assert done.code == 0
    assert api.calls[0].body == {"size": 3_000_000, "mimetype": "application/pdf"}
    assert len(api.files["/files/u1"]) == 3_000_000
    assert api.calls[1].body["attachments"] == [
        {"filename": "big.pdf", "mimetype": "application/pdf", "upload_id": "u1"}
    ]


@pytest.mark.parametrize("status", [200, 422])
def test_refused_recipient_gives_exit_code_1(
    status: int, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    api.reply(sent("rejected", is_success=False), status=status)

    done = amsdal_mail(*BASE, "--text", "a")

    assert done.code == 1
    assert "MessageRejected: no" in done.out
    assert done.err == ""


def test_broken_rule_gives_exit_code_2(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    detail = [{"field": "to", "rule": "must not be empty"}]
    api.reply({"message": "The request is invalid.", "detail": detail}, status=422)

    done = amsdal_mail("send", "--subject", "x")

    assert (done.code, done.out) == (2, "")
    assert done.err == "Error: The request is invalid: to must not be empty\n"


def test_lost_answer_is_repeated_with_the_same_key(
    api: FakeAPI, amsdal_mail: RunCommand, waits: list[float]
) -> None:
    api.cut()
    api.reply(
        {"message": "Temporarily unavailable.", "detail": []}, status=503, **{"Retry-After": "2"}
    )
    api.reply(sent())

    done = amsdal_mail(*BASE, "--text", "a")

    assert done.code == 0
    assert len({call.headers["idempotency-key"] for call in api.calls}) == 1
    assert len(waits) == 2


def test_service_that_stays_silent_gets_no_fourth_call(
    api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    for _ in range(3):
        api.cut()

    done = amsdal_mail(*BASE, "--text", "a", "--key", "order-1")

    assert (done.code, len(api.calls)) == (1, 3)
    assert "It is not known whether the call had its effect." in done.err
    assert "Try again with --key order-1: then nothing is sent twice." in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "{"), "--data must be JSON"),
        (("--data", "[1]"), "--data must be a JSON object"),
        (("--data", "[" * 100_000), "--data must be JSON"),
        (("--data", "@/no/such"), "--data: /no/such cannot be read: No such file or directory."),
        (("--metadata", "order_id"), "--metadata must be NAME=VALUE"),
        (("--metadata", "=1"), "--metadata must be NAME=VALUE"),
        (("--metadata", "a=1", "--metadata", "a=2"), "--metadata a is given twice."),
        (("--stream", "fast"), "--stream must be one of"),
        (("--send-at", "tomorrow"), "--send-at must be a time with an offset"),
        (("--expires-in", "-5"), "--expires-in must be a length of time"),
        (("--text", "a", "--text-file", "b"), "--text and --text-file exclude each other."),
        (("--text-file", "-", "--html-file", "-"), "can be -."),
        (("--request", "/"), "--request: / cannot be read"),
        (("--attachment", "a\0b"), "--attachment: a"),
        (("--key", "a b"), "The idempotency key must be"),
    ],
)
def test_wrong_option_is_refused_before_any_call(
    arguments: tuple[str, ...], message: str, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    done = amsdal_mail(*BASE, *arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert api.calls == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[]", b"", b"{'a': 1}"])
def test_request_must_be_a_json_object(
    content: bytes, amsdal_mail: RunCommand, tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_bytes(content)

    done = amsdal_mail("send", "--request", str(tmp_path / "request.json"))

    assert done.code == 2
    assert "--request" in done.err


def test_two_keys_that_differ_are_refused(amsdal_mail: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text('{"idempotency_key": "a"}')

    done = amsdal_mail("send", "--request", str(tmp_path / "request.json"), "--key", "b")

    assert (done.code, done.err) == (
        2, "Error: --key differs from the idempotency_key of --request.\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((), {}),
        (("--only-failed",), {"only_failed": True}),
        (("--to", "a@example.org", "--to", "b@example.org"),
         {"to": ["a@example.org", "b@example.org"]}),
    ],
)  # fmt: skip
def test_resend_says_who_gets_it(
    arguments: tuple[str, ...], body: object, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    api.reply(sent(resent_from="order-1"))

    done = amsdal_mail("resend", "order-1", *arguments, "--key", "again-1", "--json")

    assert done.json["resent_from"] == "order-1"
    assert api.calls[0].path == "/emails/order-1/resend"
    assert api.calls[0].body == body
    assert api.calls[0].headers["idempotency-key"] == "again-1"
