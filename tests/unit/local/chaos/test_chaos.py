"""The verdict of the chaos run must notice each lost and each duplicate email."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from local.chaos.__main__ import main
from local.chaos.emails import make_emails
from local.chaos.verdict import Verdict, accepted_by_ses, judge

EMAILS = list(make_emails(10))
KEYS = {email.key for email in EMAILS}
ALL_ONCE = Counter((email.key, recipient) for email in EMAILS for recipient in email.recipients)


def judged(accepted: Counter[tuple[str, str]], **options: Any) -> Verdict:
    acknowledged = options.pop("acknowledged", KEYS)
    arguments: dict[str, Any] = {
        "dead_letters": 0,
        "not_delivered": 0,
        "extra_counts": {},
        **options,
    }
    return judge(EMAILS, acknowledged, accepted, **arguments)


def test_each_recipient_once_is_good() -> None:
    verdict = judged(ALL_ONCE)

    assert verdict.is_good
    assert (verdict.emails, verdict.recipients, verdict.accepted_once) == (10, 13, 13)


def test_some_emails_are_heavy_by_each_way() -> None:
    heavy = [number for number, email in enumerate(make_emails(500)) if email.is_heavy]

    assert len(heavy) == 2
    assert {number % 2 for number in heavy} == {0, 1}


def test_a_recipient_accepted_twice_is_a_duplicate() -> None:
    verdict = judged(ALL_ONCE + Counter([("chaos-0", "chaos-0.a@example.com")]))

    assert (verdict.duplicates, verdict.lost, verdict.is_good) == (1, 0, False)


def test_an_acknowledged_recipient_not_accepted_is_lost() -> None:
    verdict = judged(ALL_ONCE - Counter([("chaos-3", "chaos-3.b@example.com")]))

    assert (verdict.duplicates, verdict.lost, verdict.is_good) == (0, 1, False)


def test_an_unacknowledged_email_is_not_lost() -> None:
    verdict = judged(
        ALL_ONCE - Counter([("chaos-0", "chaos-0.a@example.com")]), acknowledged=KEYS - {"chaos-0"}
    )

    assert (verdict.lost, verdict.unacknowledged, verdict.is_good) == (0, 1, True)


@pytest.mark.parametrize(
    "count", ["dead_letters", "not_delivered", "sent_after_cancel", "sent_after_expiry"]
)
def test_a_dead_letter_or_a_wrong_state_is_not_good(count: str) -> None:
    assert not judged(ALL_ONCE, **{count: 1}).is_good


def test_a_message_counts_for_each_of_its_recipients() -> None:
    message = {"tags": {"email_id": ["chaos-3"]}, "destinations": ["a@x.example", "b@x.example"]}
    without_id = {"tags": {}, "destinations": ["c@x.example"]}
    of_another_run = {"tags": {"email_id": ["order-1"]}, "destinations": ["d@x.example"]}

    assert accepted_by_ses([message, without_id, of_another_run], KEYS) == {
        ("chaos-3", "a@x.example"): 1,
        ("chaos-3", "b@x.example"): 1,
    }


@pytest.mark.parametrize("count", ["0", "-5", "many"])
def test_a_run_needs_at_least_one_email(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([f"--emails={count}"])

    error = f"argument --emails: must be an integer of at least 1, not '{count}'"
    assert error in capsys.readouterr().err
