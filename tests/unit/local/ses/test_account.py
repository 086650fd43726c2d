"""Rate, daily quota and suppression list of the simulated account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from local.ses.account import DailyQuota, SendRate, SuppressionEntry, SuppressionList

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def seconds(count: float) -> datetime:
    return NOW + timedelta(seconds=count)


def test_five_recipients_block_a_rate_of_one_for_five_seconds() -> None:
    rate = SendRate()

    assert rate.consume(5, 1.0, seconds(0))
    assert not rate.consume(1, 1.0, seconds(1))
    assert not rate.consume(1, 1.0, seconds(4.9))
    assert rate.consume(1, 1.0, seconds(5))


def test_the_rate_counts_recipients_of_a_second() -> None:
    rate = SendRate()

    taken = [rate.consume(1, 14.0, seconds(0)) for _ in range(20)]

    assert taken.count(True) == 14


def test_no_rate_means_no_limit() -> None:
    rate = SendRate()

    assert all(rate.consume(50, None, NOW) for _ in range(1000))


def test_the_daily_quota_rolls_over_24_hours() -> None:
    quota = DailyQuota()
    quota.add(3, NOW)

    assert not quota.allows(2, 4, NOW + timedelta(hours=23))
    assert quota.allows(1, 4, NOW + timedelta(hours=23))
    assert quota.allows(4, 4, NOW + timedelta(hours=24))


def test_the_suppression_list_keeps_case_of_the_local_part_only() -> None:
    listed = SuppressionList()
    listed.put(SuppressionEntry("Foo@Example.COM", "BOUNCE", NOW))

    assert listed.get("Foo@example.com") is not None
    assert listed.get("foo@example.com") is None
    assert listed.delete("Foo@EXAMPLE.com")
    assert not listed.delete("Foo@EXAMPLE.com")
