"""`tail`: what is new, at a bounded cost, until Ctrl-C."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.watch import Watch, next_interval
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI, email


def page(*emails: object, cursor: str | None = None) -> dict[str, Any]:
    return {"emails": list(emails), "next_cursor": cursor, "searched": {"from": "", "to": ""}}


@pytest.fixture
def stop_after(invocation: Invocation) -> Any:
    """Let the person press Ctrl-C in the n-th wait; return the waits."""

    def stop(looks: int) -> list[float]:
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == looks:
                raise KeyboardInterrupt

        invocation.sleep = sleep
        return waits

    return stop


def test_new_emails_and_changes_are_json_lines(
    api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any
) -> None:
    api.reply(
        page(email("2"), email("1", state="queued", counts={"queued": 1})),
        page(email("3"), email("2"), email("1")),
        page(email("3"), email("2"), email("1")),
    )
    stop_after(3)

    done = amsdal_mail("tail", "--json")

    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [(each["email_id"], each["previous_state"], each["state"]) for each in lines] == [
        ("1", None, "queued"),
        ("2", None, "delivered"),
        ("1", "queued", "delivered"),
        ("3", None, "delivered"),
    ]


def test_ctrl_c_ends_quietly_with_130(
    api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any
) -> None:
    api.reply(page())
    stop_after(1)

    done = amsdal_mail("tail")

    assert (done.code, done.out, done.err) == (130, "", "")


def test_person_sees_the_states_and_the_counts(
    api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any
) -> None:
    counts = {"delivered": 1, "queued": 1}
    api.reply(
        page(email(state="queued", counts={"queued": 2}, recipient_count=2)),
        page(email(state="queued", counts=counts, recipient_count=2)),
        page(email(state="delivered", counts={"delivered": 2}, recipient_count=2)),
    )
    stop_after(3)

    done = amsdal_mail("tail")

    lines = done.out.splitlines()
    rest = "bob@example.org + 1  Order 1  order-1"
    assert [line.partition("  ")[2] for line in lines] == [
        f"queued  {rest}",
        f"queued (1 delivered, 1 queued)  {rest}",
        f"queued → delivered  {rest}",
    ]


@pytest.mark.parametrize(("lines", "shown"), [("0", ["4"]), ("1", ["3", "4"])])
def test_lines_limits_only_the_first_look(
    lines: str, shown: list[str], api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any
) -> None:
    first = (email("3"), email("2"), email("1"))
    api.reply(page(*first), page(email("4"), *first))
    stop_after(2)

    done = amsdal_mail("tail", "--lines", lines, "--json")

    assert [json.loads(line)["email_id"] for line in done.out.splitlines()] == shown


def test_look_makes_three_calls_at_most(
    api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any
) -> None:
    api.reply(page(email(), cursor="more"))
    stop_after(1)

    amsdal_mail("tail", "--recipient", "a+b@example.org", "--tag", "x")

    assert len(api.calls) == 3
    assert api.calls[0].query.keys() == {"recipient", "tag", "from", "limit"}
    assert api.calls[0].query["limit"] == "100"


def test_looks_are_rarer_while_nothing_happens(
    api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any
) -> None:
    api.reply(page(email("1")), *[page(email("1"))] * 6, page(email("2"), email("1")))
    waits = stop_after(8)

    amsdal_mail("tail", "--interval", "2")

    assert waits == [2, 3, 4.5, 6.75, 10.125, 15, 15, 2]


def test_outage_is_waited_for(api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any) -> None:
    api.reply({"message": "Temporarily unavailable."}, {}, {}, status=503)
    api.reply(page(email("1")))
    stop_after(2)

    done = amsdal_mail("tail", "--lines", "0")

    assert done.code == 130
    assert done.out == ""  # the first look that works shows what is there already: nothing
    assert "Waiting." in done.err


def test_refusal_ends_the_command(api: FakeAPI, amsdal_mail: RunCommand, stop_after: Any) -> None:
    api.reply({"message": "Forbidden"}, status=403)
    stop_after(5)

    done = amsdal_mail("tail")

    assert (done.code, len(api.calls)) == (1, 1)
    assert "execute-api:Invoke for GET /emails of the API abc123" in done.err


def test_watch_forgets_emails_that_are_not_listed() -> None:
    watch = Watch()
    for number in range(1000):
        watch.changes([email(str(number))])

    assert len(watch._seen) == 1


def test_interval_stays_when_it_is_long() -> None:
    assert next_interval(60, 60, 15, is_busy=False) == 60
