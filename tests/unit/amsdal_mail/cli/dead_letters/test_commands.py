"""The commands `dead-letters list`, `show` and `redrive`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.service import ServiceError
from tests.unit.amsdal_mail.cli.dead_letters.queues_in_memory import (
    Queues,
    fake_stage,
    refusal,
)

LEFT = "AmsdalMail-prod-SendQueue4B0C8F5F-1AbcD2"
HOSTILE = '{"subject": "\x1b]0;owned\x07\u202e"}'
Run = Callable[..., tuple[int, str, str]]


class NoRecords:
    def show(self, _email_id: str) -> Any:
        raise ServiceError(404, "no such email")


class Lambda:
    def get_function_configuration(self, **_call: Any) -> Any:
        raise refusal("AccessDenied", "GetFunctionConfiguration")


class ByUrl:
    """Several queues by the last part of their URLs."""

    def __init__(self, **queues: Queues) -> None:
        self.queues = queues

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            name = options.get("QueueUrl", "").rpartition("/")[2]
            queue = self.queues.get(name.replace("-", "_")) or Queues([], names=[LEFT])
            return getattr(queue, operation)(*arguments, **options)

        return call


@pytest.fixture
def queues() -> dict[str, Queues]:
    return {"dead": Queues(["a", "b"]), "dead_events": Queues([])}


@pytest.fixture
def dead_letters(queues: dict[str, Queues], capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: str) -> tuple[int, str, str]:
        stage = fake_stage({"sqs": ByUrl(**queues), "lambda": Lambda(), "logs": None})
        invocation = Invocation(
            find=lambda *_: stage, connect=lambda _stage: cast("Any", NoRecords())
        )
        code = run(("dead-letters", *arguments), invocation)
        return (code, *capsys.readouterr())

    return run_command


def test_list_has_all_queues(dead_letters: Run) -> None:
    code, out, _err = dead_letters("list")

    rows = [line.split()[:2] for line in out.splitlines()]
    assert code == 0
    assert rows[1:] == [["send", "2"], ["events", "0"], [LEFT, "0"]]


def test_list_as_json(dead_letters: Run) -> None:
    _code, out, _err = dead_letters("list", "--json")

    (send, *_others) = json.loads(out)["queues"]
    assert (send["name"], send["count"], send["is_left_behind"]) == ("send", 2, False)


def test_show_has_no_body_without_being_asked(dead_letters: Run, queues: dict[str, Queues]) -> None:
    queues["dead"] = Queues([HOSTILE])
    queues["dead"].dead[0]["MessageId"] = "id-1"

    code, out, _err = dead_letters("show", "send")

    assert code == 0
    assert "id-1  request  email id-1" in out
    assert "owned" not in out
    assert "received 11 times" in out
    assert "the log could not be read" in out


@pytest.mark.parametrize("options", [("--body",), ("--body", "--json"), ()])
def test_hostile_body_does_not_reach_the_terminal(
    dead_letters: Run, queues: dict[str, Queues], options: tuple[str, ...]
) -> None:
    queues["dead"] = Queues([HOSTILE])

    _code, out, _err = dead_letters("show", "send", *options)

    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    if "--json" in options:
        assert json.loads(out)["letters"][0]["body"] == HOSTILE


def test_empty_queue_is_said(dead_letters: Run) -> None:
    assert "no message that can be read" in dead_letters("show", "events")[1]


def test_unknown_queue_is_wrong_usage(dead_letters: Run) -> None:
    code, _out, err = dead_letters("show", "sent")

    assert code == 2
    assert f"There are send, events, {LEFT}." in err


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_limit_out_of_range_is_wrong_usage(dead_letters: Run, limit: str) -> None:
    assert dead_letters("show", "send", "--limit", limit)[0] == 2


def test_dry_run_moves_nothing(dead_letters: Run, queues: dict[str, Queues]) -> None:
    code, out, _err = dead_letters("redrive", "--dry-run", "--json")

    assert code == 0
    assert json.loads(out)["queues"][0] == {"queue": "send", "would_move": 2, "hidden": 0}
    assert len(queues["dead"].dead) == 2


def test_redrive_moves_every_queue_of_the_stage(
    dead_letters: Run, queues: dict[str, Queues]
) -> None:
    code, out, _err = dead_letters("redrive")

    assert code == 0
    assert out.splitlines() == ["send: 2 moved", "events: 0 moved"]
    assert queues["dead"].dead == []


def test_older_redrives_what_an_earlier_stack_left(dead_letters: Run) -> None:
    assert f"{LEFT}: 0 moved" in dead_letters("redrive", "--older")[1]


def test_message_that_was_not_moved_ends_with_one(
    dead_letters: Run, queues: dict[str, Queues]
) -> None:
    queues["dead_events"] = Queues(["too large", "fits"])

    code, out, _err = dead_letters("redrive", "events")

    assert code == 1
    assert "events: 1 moved" in out
    assert "id-too large was not moved" in out


def test_other_queues_are_moved_when_one_cannot_be_read(
    dead_letters: Run, queues: dict[str, Queues]
) -> None:
    queues["dead"].unreadable = refusal("AccessDenied", "ReceiveMessage", "no rights")
    queues["dead_events"] = Queues(["event"])

    code, out, _err = dead_letters("redrive", "--json")

    send, events = json.loads(out)["queues"]
    assert code == 1
    assert "no rights" in send["error"]
    assert events["moved"] == 1
