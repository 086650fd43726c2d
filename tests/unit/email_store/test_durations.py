"""Percentiles from buckets: their names, their bounds and their error."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from email_store.durations import bucket_name, percentile

ERROR = 2 ** (1 / 8) - 1
"""Half of a bucket: 9.1 %."""


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("share", [0.5, 0.95, 0.99, 1.0])
def test_percentile_is_wrong_by_half_a_bucket_at_most(seed: int, share: float) -> None:
    rng = random.Random(seed)
    durations = sorted(
        int(math.exp(rng.uniform(math.log(100), math.log(5e7)))) for _ in range(rng.randint(1, 300))
    )

    found = percentile(Counter(map(bucket_name, durations)), share)

    exact = durations[math.ceil(share * len(durations)) - 1] / 1000
    assert found is not None
    assert abs(found - exact) / exact <= ERROR + 0.005  # three digits are kept


@pytest.mark.parametrize("milliseconds", [-5, 0, 1, 100])
def test_fast_delivery_is_in_the_first_bucket(milliseconds: int) -> None:
    assert bucket_name(milliseconds) == "t0"
    assert percentile({"t0": 1}, 0.5) == 0.1


@pytest.mark.parametrize("milliseconds", [10**9, 10**400], ids=["days", "for ever"])
def test_endless_delivery_is_in_the_last_bucket(milliseconds: int) -> None:
    assert bucket_name(milliseconds) == "t80"


def test_buckets_grow_with_the_duration() -> None:
    numbers = [int(bucket_name(milliseconds)[1:]) for milliseconds in range(90, 20_000)]

    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(max(numbers) + 1))


@pytest.mark.parametrize("numbers", [{}, {"delivered": 3}], ids=["nothing", "no durations"])
def test_nothing_delivered_has_no_percentile(numbers: dict[str, int]) -> None:
    assert percentile(numbers, 0.95) is None
