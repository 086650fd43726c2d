"""The chaos run's own judgement: it has to see what is lost and what is doubled."""

from collections import Counter
from typing import Any

import pytest

from local.chaos.__main__ import main
from local.chaos.emails import emails
from local.chaos.verdict import Verdict, accepted_by_ses, judge

EVERY = list(emails(10))
KEYS = {one.key for one in EVERY}
ONCE = Counter((one.key, to) for one in EVERY for to in one.recipients)


def verdict(accepted: Counter[tuple[str, str]], **options: Any) -> Verdict:
    acknowledged = options.pop("acknowledged", KEYS)
    given: dict[str, Any] = {"left": 0, "untold": 0, "more": {}, **options}
    return judge(EVERY, acknowledged, accepted, **given)


def test_everybody_once_is_good() -> None:
    found = verdict(ONCE)

    assert found.is_good
    assert (found.emails, found.recipients, found.accepted_once) == (10, 13, 13)


def test_a_recipient_accepted_twice_is_a_duplicate() -> None:
    found = verdict(ONCE + Counter([("chaos-0", "chaos-0.a@example.com")]))

    assert (found.duplicates, found.lost, found.is_good) == (1, 0, False)


def test_an_acknowledged_recipient_not_accepted_is_lost() -> None:
    found = verdict(ONCE - Counter([("chaos-3", "chaos-3.b@example.com")]))

    assert (found.duplicates, found.lost, found.is_good) == (0, 1, False)


def test_what_was_never_acknowledged_is_not_lost() -> None:
    found = verdict(
        ONCE - Counter([("chaos-0", "chaos-0.a@example.com")]), acknowledged=KEYS - {"chaos-0"}
    )

    assert (found.lost, found.unanswered, found.is_good) == (0, 1, True)


@pytest.mark.parametrize("figure", ["left", "untold"])
def test_a_dead_letter_or_a_wrong_table_is_not_good(figure: str) -> None:
    assert not verdict(ONCE, **{figure: 1}).is_good


def test_a_message_to_several_counts_for_each_of_them() -> None:
    message = {"tags": {"email_id": ["chaos-3"]}, "destinations": ["a@x.example", "b@x.example"]}

    assert accepted_by_ses([message, {"tags": {}, "destinations": ["c@x.example"]}]) == {
        ("chaos-3", "a@x.example"): 1,
        ("chaos-3", "b@x.example"): 1,
    }


@pytest.mark.parametrize("count", ["0", "-5", "many"])
def test_a_run_needs_at_least_one_email(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([f"--emails={count}"])

    assert f"argument --emails: must be a number from 1, not '{count}'" in capsys.readouterr().err
