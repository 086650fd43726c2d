"""`suppressions` and `erase`: the addresses that get no more mail, and those that go."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI

AT = "2026-12-01T10:00:00+00:00"


def entry(address: str | None, reason: str = "bounce") -> dict[str, Any]:
    return {"address": address, "reason": reason, "at": AT, "email_id": "order-1"}


def test_list_reads_pages_up_to_the_limit(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(
        {"suppressions": [entry("a@example.org")], "next_cursor": "c1"},
        {"suppressions": [entry(None), entry("b@example.org")], "next_cursor": "c2"},
    )

    done = amsdal_mail("suppressions", "list", "--list", "ses", "--limit", "3")

    assert [call.query for call in api.calls] == [
        {"list": "ses", "limit": "3"},
        {"list": "ses", "limit": "2", "cursor": "c1"},
    ]
    rows = [line.split() for line in done.out.splitlines()]
    assert rows[1] == ["a@example.org", "bounce", "2026-12-01", "10:00:00", "order-1"]
    assert rows[2][0] == "(erased)"
    assert done.out.splitlines()[-1] == "3 addresses; there are more: --limit"


def test_list_json_has_all_entries(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    page = {"suppressions": [entry("a@example.org")], "next_cursor": None}
    api.reply(page)

    assert amsdal_mail("suppressions", "list", "--json").json == page


def test_list_of_another_name_is_refused(amsdal_mail: RunCommand) -> None:
    done = amsdal_mail("suppressions", "list", "--list", "mine")

    assert (done.code, done.err) == (2, "Error: --list must be one of service, ses.\n")


def test_show_names_both_lists(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    ours = {"reason": "bounce", "at": AT, "email_id": "order-1"}
    ses = {"reason": "COMPLAINT", "at": AT}
    api.reply({"address": "a+b@example.org", "ours": ours, "ses": ses})

    done = amsdal_mail("suppressions", "show", "a+b@example.org")

    assert api.calls[0].query == {"address": "a+b@example.org"}
    assert "bounce since 2026-12-01 10:00:00 UTC  order-1" in done.out
    assert "complaint since" in done.out


def test_show_of_an_address_on_no_list(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    message = "The address is not on a suppression list."
    api.reply({"message": message, "detail": []}, status=404)

    done = amsdal_mail("suppressions", "show", "a@example.org")

    assert (done.code, done.err) == (1, f"Error: {message}\n")


def test_remove_deletes_the_address(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(None, status=204)

    done = amsdal_mail("suppressions", "remove", "a@example.org")

    assert (api.calls[0].method, api.calls[0].path) == ("DELETE", "/suppressions")
    assert done.out == "a@example.org may get mail again.\n"


def erased(count: int, *, is_complete: bool) -> dict[str, Any]:
    names = ("emails", "recipients", "events", "contents", "suppressions")
    return {"erased": dict.fromkeys(names, count), "is_complete": is_complete}


def test_erase_goes_on_until_all_is_gone(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(erased(25, is_complete=False), erased(3, is_complete=True))

    done = amsdal_mail("erase", "a+b@example.org", "--yes", "--json")

    assert [call.query for call in api.calls] == [{"address": "a+b@example.org"}] * 2
    assert done.json["erased"]["events"] == 28
    assert done.json["is_complete"] is True


def test_erase_says_how_much_is_gone(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(erased(1200, is_complete=True))

    done = amsdal_mail("erase", "a@example.org", "--yes")

    names = ("emails", "recipients", "events", "contents", "suppressions")
    assert done.out == f"Erased: {', '.join(f'{name} 1,200' for name in names)}.\n"


def test_erase_that_never_ends_is_a_failure(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(erased(0, is_complete=False))

    done = amsdal_mail("erase", "a@example.org", "--yes", "--json")

    assert (done.code, done.out, len(api.calls)) == (1, "", 1000)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 1), ("", 1)])
def test_erase_asks_first(
    answer: str,
    code: int,
    api: FakeAPI,
    amsdal_mail: RunCommand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    api.reply(erased(1, is_complete=True))

    done = amsdal_mail("erase", "a@example.org")

    assert "Erase a@example.org from prod (eu-west-1) for good? [y/N]" in done.err
    assert (done.code, len(api.calls)) == (code, 1 - code)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_erase_needs_yes_where_nobody_answers(
    options: tuple[str, ...],
    api: FakeAPI,
    amsdal_mail: RunCommand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    done = amsdal_mail("erase", "a@example.org", *options)

    assert (done.code, api.calls) == (2, [])
    assert "--yes" in done.err
