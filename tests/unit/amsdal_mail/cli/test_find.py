"""`find`: filters, pages, the table, and the window that was searched."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.states import STATES
from amsdal_mail.cli.times import read_time
from email_store.states import EmailState
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI, email

SEARCHED = {"from": "2026-11-01T00:00:00+00:00", "to": "2026-12-01T10:00:00+00:00"}


def page(*emails: object, cursor: str | None = None, since: str = SEARCHED["from"]) -> object:
    searched = {**SEARCHED, "from": since}
    return {"emails": list(emails), "next_cursor": cursor, "searched": searched}


def test_table_shows_state_recipient_subject_and_id(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page(email("order-1"), email("order-2", state="bounced", recipient_count=5)))

    done = amsdal_mail("find")

    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[1] == "2026-12-01 10:00:00 delivered bob@example.org Order 1 order-1".split()
    assert rows[2] == "2026-12-01 10:00:00 bounced bob@example.org + 4 Order 1 order-2".split()
    window = "searched 2026-11-01 00:00:00 to 2026-12-01 10:00:00 UTC."
    assert done.out.splitlines()[-1] == f"2 emails; {window}"


def test_every_filter_reaches_the_api(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page())

    done = amsdal_mail(
        "find", "--recipient", "a+b@example.org", "--from", "2026-11-24", "--to", "2026-11-25",
        "--state", "bounced", "--tag", "two words & more", "--template", "t", "--stream", "bulk",
        "--limit", "7", "--cursor", "abc",
    )  # fmt: skip

    assert done.code == 0
    assert api.calls[0].query == {
        "recipient": "a+b@example.org",
        "from": "2026-11-24",
        "to": "2026-11-25",
        "state": "bounced",
        "tag": "two words & more",
        "template": "t",
        "stream": "bulk",
        "limit": "7",
        "cursor": "abc",
    }


def test_limit_reaches_over_pages_and_cuts_the_last(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(
        page(email("1"), email("2"), cursor="a", since="2026-11-20T00:00:00+00:00"),
        page(cursor="b", since="2026-11-10T00:00:00+00:00"),
        page(email("3"), email("4"), email("5"), cursor="c"),
    )

    done = amsdal_mail("find", "--limit", "4", "--json")

    assert [each["email_id"] for each in done.json["emails"]] == ["1", "2", "3", "4"]
    assert done.json["searched"] == SEARCHED
    assert [call.query.get("cursor") for call in api.calls] == [None, "a", "b"]
    assert [call.query["limit"] for call in api.calls] == ["4", "2", "2"]


def test_search_without_hits_ends_after_some_calls(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page(cursor="more"))

    done = amsdal_mail("find", "--limit", "5")

    assert len(api.calls) == 100
    assert "There may be more" in done.out


def test_filter_by_recipient_shows_their_state(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    recipient = {"address": "eve@example.org", "state": "bounced", "message_id": "m",
                 "error_code": None, "error_message": None}  # fmt: skip
    api.reply(page(email(recipient=recipient, recipient_count=3)))

    done = amsdal_mail("find", "--recipient", "eve@example.org")

    assert "bounced  eve@example.org + 2" in done.out


def test_filter_by_recipient_shows_the_reason(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    error = {"error_code": "Permanent/General", "error_message": "user\x1b[2J unknown"}
    recipient = {"address": "eve@example.org", "state": "bounced", "message_id": "m"} | error
    fine = recipient | {"state": "delivered", "error_code": None, "error_message": None}
    api.reply(page(email("1", recipient=recipient), email("2", recipient=fine)))

    done = amsdal_mail("find", "--recipient", "eve@example.org")

    rows = done.out.splitlines()
    assert rows[0].split() == ["created", "(UTC)", "state", "reason", "subject", "email_id"]
    reason = "Permanent/General: user\N{REPLACEMENT CHARACTER}[2J unknown"
    assert f"bounced    {reason}  Order 1" in rows[1]
    assert "delivered  " in rows[2]
    assert "eve@example.org" not in done.out


def test_no_email_to_a_recipient_says_what_it_means(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page())
    to_anna = ("find", "--recipient", "anna@example.org")

    assert "was not asked to send anna@example.org an email" in amsdal_mail(*to_anna).err
    assert amsdal_mail(*to_anna, "--tag", "t").err == ""
    assert amsdal_mail(*to_anna, "--json").err == ""
    assert amsdal_mail("find").err == ""


def test_narrow_terminal_shows_time_state_and_id_whole(
    api: FakeAPI, amsdal_mail: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    email_id = "bfecdf0081454d98a5aaca7cfb841a31"
    api.reply(page(email(email_id, state="soft_bounced", subject="A long subject " * 20)))

    row = amsdal_mail("find").out.splitlines()[1]

    assert row.startswith("2026-12-01 10:00:00  soft_bounced  ")
    assert row.rstrip().endswith(email_id)
    assert len(row) <= 80


def test_address_is_short_for_the_recipient(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page())

    assert amsdal_mail("find", "bob@example.org").code == 0
    assert amsdal_mail("find", "bob@example.org", "--recipient", "b@example.org").code == 2
    assert [call.query["recipient"] for call in api.calls] == ["bob@example.org"]


NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
TIMES = {
    "yesterday": "2026-11-30",
    "today": "2026-12-01",
    "now": "2026-12-01T09:00:00+00:00",
    "7d": "2026-11-24T09:00:00+00:00",
    "2w": "2026-11-17T09:00:00+00:00",
    "24h": "2026-11-30T09:00:00+00:00",
    "30m": "2026-12-01T08:30:00+00:00",
}


@pytest.mark.parametrize(("text", "expected"), TIMES.items(), ids=TIMES)
def test_time_in_words_becomes_a_time(text: str, expected: str) -> None:
    assert read_time(text, "--from", NOW) == expected


def test_time_of_the_command_is_that_of_the_clock(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page())
    before = datetime.now(UTC) - timedelta(hours=1, seconds=1)

    amsdal_mail("find", "--from", "1h")

    sent = datetime.fromisoformat(api.calls[0].query["from"])
    assert before <= sent <= datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-11-24T09:30:00",
        "99999w",
        "7 d",
        "\N{FULLWIDTH DIGIT ONE}d",
        "-1d",
    ],
)
def test_wrong_time_is_refused_by_name(text: str, api: FakeAPI, amsdal_mail: RunCommand) -> None:
    done = amsdal_mail("find", f"--from={text}")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: --from must be a time: 2026-11-24")
    assert api.calls == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--state", "lost"), "--state must be one of scheduled, queued"),
        (("--stream", "fast"), "--stream must be one of transactional, bulk."),
        (("--limit", "0"), "--limit"),
        (("--limit", "ten"), "--limit"),
        (("--nonsense",), "--nonsense"),
        (("extra",), "extra"),
    ],
)
def test_wrong_option_is_refused_by_name(
    arguments: tuple[str, ...], message: str, amsdal_mail: RunCommand
) -> None:
    done = amsdal_mail("find", *arguments)

    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_states_are_those_of_the_service() -> None:
    assert list(STATES) == [state.value for state in EmailState]


def test_colours_are_only_for_a_terminal(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page(email(state="bounced")))

    assert "\x1b" not in amsdal_mail("find").out


def test_email_of_erased_people_shows_their_number(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(page(email(recipients=[], recipient_count=1200, subject="x")))

    assert amsdal_mail("find").out.splitlines()[1].split()[3:] == ["(1,200)", "x", "order-1"]


def test_long_search_says_at_a_terminal_how_far_it_is(
    api: FakeAPI, invocation: Invocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    api.reply(page(cursor="a"), page())

    assert run(["find"], invocation) == 0
    assert "0 found, searched back to 2026-11-01 00:00:00 UTC" in terminal.getvalue()
