"""Texts of strangers: no character of them controls the terminal, or breaks the JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.cli.output import clean, shorten, to_json
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI, email, view

HOSTILE = (
    "\x1b]0;owned\x07",  # sets the title of a terminal
    "\x1b[2J\x1b[31m",
    "\x9b31m",  # CSI in one character
    "\x00\x08\x0b\x7f",
    "\u202egpj.exe",  # reads from right to left
    "\u2066a\u2069\u200b\ufeff",
    "\U000e0041",  # a tag character
    "[red]not markup[/red]",
    "[link=https://example.com]x[/link]",
    ":warning:",
    "line\r\nbreak\u2028here\u0085and\x0bthere",
    "\ud800",  # half of a pair: UTF-8 cannot write it
    "x" * 100_000,
    "漢字🎉",
)
FORBIDDEN = {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) != "\n"} | set(
    "\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\U000e0041"
)


def is_safe(text: str) -> bool:
    text.encode()  # no half of a pair
    return not FORBIDDEN & set(text)


def everywhere(value: Any, text: str) -> Any:
    """Return the answer with the text in the place of each free text, and in each name of details.

    Times, states and ids come from the service, and cannot be chosen by strangers. Here they can.
    """
    if isinstance(value, dict):
        return {name: everywhere(each, text) for name, each in value.items()}
    if isinstance(value, list):
        return [everywhere(each, text) for each in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("options", [(), ("--json",)])
class TestHostileText:
    def test_find(
        self, options: tuple[str, ...], text: str, api: FakeAPI, amsdal_mail: RunCommand
    ) -> None:
        page = {"emails": [email()], "next_cursor": None, "searched": {"from": "a", "to": "b"}}
        api.reply(everywhere(page, text))

        self.check(amsdal_mail("find", *options))

    def test_show(
        self, options: tuple[str, ...], text: str, api: FakeAPI, amsdal_mail: RunCommand
    ) -> None:
        answer = everywhere(view(recipients_next="x"), text)
        answer["counts"] = {text: 1}
        answer["timeline"][0]["details"] = {text: text}
        answer["email"]["metadata"] = {text: text}
        api.reply(answer)

        self.check(amsdal_mail("show", "order-1", *options))

    def test_content(
        self, options: tuple[str, ...], text: str, api: FakeAPI, amsdal_mail: RunCommand
    ) -> None:
        file = {"filename": text, "content_type": text, "size": 1, "content_id": text, "url": text}
        message = {"from_email": text, "to": [text], "subject": text, "body": text,
                   "merge_global_data": {text: text}}  # fmt: skip
        api.reply({"email_id": text, "message": message, "attachments": [file], "expires_at": text})

        self.check(amsdal_mail("content", "order-1", *options))

    def test_suppressions(
        self, options: tuple[str, ...], text: str, api: FakeAPI, amsdal_mail: RunCommand
    ) -> None:
        entry = {"address": text, "reason": text, "at": text, "email_id": text}
        api.reply({"suppressions": [entry], "next_cursor": None})

        self.check(amsdal_mail("suppressions", "list", *options))

    def test_error(
        self, options: tuple[str, ...], text: str, api: FakeAPI, amsdal_mail: RunCommand
    ) -> None:
        detail = [{"field": text, "rule": text}]
        api.reply({"message": text, "detail": detail, "email_id": text}, status=422)

        done = amsdal_mail("find", *options)

        assert done.code == 2
        assert is_safe(done.err)
        if options:
            assert done.error["message"] == f"{text.rstrip('.')}: {text} {text}"

    def check(self, done: Any) -> None:
        assert (done.code, done.err) == (0, "")
        assert is_safe(done.out)


def test_markup_is_shown_as_it_is(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    emails = [email(subject="[red]x[/red] :warning:")]
    api.reply({"emails": emails, "next_cursor": None, "searched": {"from": "a", "to": "b"}})

    assert "[red]x[/red] :warning:" in amsdal_mail("find").out


def test_markup_in_a_plain_cell_is_shown_as_it_is(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    entry = {"address": "[red]:x:@a.b", "reason": "bounce", "at": "x", "email_id": None}
    api.reply({"suppressions": [entry], "next_cursor": None})

    assert "[red]:x:@a.b" in amsdal_mail("suppressions", "list").out


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_json_keeps_the_text(text: str) -> None:
    document = to_json({"a": text, text: [text]})

    assert json.loads(document) == {"a": text, text: [text]}
    assert is_safe(document)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_argument_is_safe_in_the_error(text: str, amsdal_mail: RunCommand) -> None:
    done = amsdal_mail("find", f"--{text}")

    assert done.code == 2
    assert is_safe(done.err)


def test_long_text_is_cut() -> None:
    assert shorten("x" * 100_000, 10) == "xxxxxxxxx…"
    assert clean("a\r\nb\tc\x1b") == "a b c\N{REPLACEMENT CHARACTER}"
