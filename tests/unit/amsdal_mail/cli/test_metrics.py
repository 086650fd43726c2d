"""`metrics`: numbers, shares and bars."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail.cli.bars import bar, percent
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI

NUMBERS = {"accepted": 2000, "delivered": 1900, "bounced": 20, "complained": 1, "opened": 950,
           "clicked": 0, "rejected": 0, "soft_bounced": 3}  # fmt: skip


def answer(**fields: Any) -> dict[str, Any]:
    return {
        "from": "2026-11-01",
        "to": "2026-11-30",
        "totals": NUMBERS,
        "days": [{"date": "2026-11-01", **NUMBERS}],
        "streams": [{"stream": "bulk", **NUMBERS}],
        "tags": [{"tag": "order", **NUMBERS}],
        "templates": [{"template_id": None, **NUMBERS}],
        "domains": [
            {"domain": "gmail.com", "delivered": 1900, "seconds_p50": 0.4, "seconds_p95": 2.5,
             "seconds_p99": None}
        ],
        "is_truncated": False,
    } | fields  # fmt: skip


def test_totals_have_shares(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(answer())

    done = amsdal_mail("metrics")

    assert done.code == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert ["accepted", "2,000"] in rows
    assert ["bounced", "20", "1.0", "%"] in rows
    assert ["complained", "1", "0.05", "%"] in rows
    assert ["opened", "950", "50.0", "%"] in rows
    assert ["2026-11-01", "2,000", "1,900", "20", "1", "█" * 24] in rows
    assert ["gmail.com", "1,900", "0.4", "s", "2.5", "s"] in rows
    assert "(none)" in done.out


def test_days_and_filters_reach_the_api(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(answer())

    amsdal_mail("metrics", "--from", "2026-11-01T23:30:00-05:00", "--to", "2026-11-30",
                "--stream", "direct", "--tag", "a&b", "--template", "t")  # fmt: skip

    assert api.calls[0].query == {
        "from": "2026-11-02", "to": "2026-11-30", "stream": "direct", "tag": "a&b", "template": "t",
    }  # fmt: skip


def test_days_begin_with_the_first_email(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    nothing = dict.fromkeys(NUMBERS, 0)
    counts = {1: nothing, 2: nothing, 3: NUMBERS, 4: nothing}
    api.reply(answer(days=[{"date": f"2026-11-0{day}", **counts[day]} for day in counts]))

    done = amsdal_mail("metrics")

    days = [line.split()[0] for line in done.out.splitlines()[1:] if line.startswith("2026")]
    assert days == ["2026-11-03", "2026-11-04"]


def test_nothing_at_all_is_no_error(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    nothing = dict.fromkeys(NUMBERS, 0)
    empty: dict[str, Any] = {name: [] for name in ("streams", "tags", "templates", "domains")}
    days = [{"date": "2026-11-01", **nothing}]
    api.reply(answer(totals=nothing, days=days, is_truncated=True, **empty))

    done = amsdal_mail("metrics")

    assert done.code == 0
    assert "ask for fewer days" in done.out


def test_json_is_the_answer(api: FakeAPI, amsdal_mail: RunCommand) -> None:
    api.reply(answer())

    assert amsdal_mail("--json", "metrics").json == answer()


@pytest.mark.parametrize(
    ("value", "expected"), [(0, ""), (-1, ""), (100, "████"), (50, "██"), (1, "▏"), (1000, "████")]
)
def test_bar_shows_the_share_of_the_highest(value: int, expected: str) -> None:
    assert bar(value, 100, 4) == expected


def test_bar_of_signs_for_other_encodings() -> None:
    assert [bar(value, 100, 4, ascii_only=True) for value in (0, 1, 50, 100)] == [
        "", "#", "##", "####",
    ]  # fmt: skip


def test_percent_of_nothing_is_empty() -> None:
    assert (percent(0, 0), percent(0, 5), percent(5, 5)) == ("", "0.0 %", "100.0 %")
