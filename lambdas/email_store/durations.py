"""Durations: how long deliveries took, as numbers in buckets, and percentiles of them.

A bucket is 2^(1/4) times as wide as the one before it: 19 %. A percentile is the geometric middle
of its bucket, so that it is wrong by 9.1 % at most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["BUCKET", "bucket_name", "percentile"]

BUCKET = "t"
"""The prefix of the names of buckets."""
FASTEST = 100
"""Milliseconds up to which a delivery is in the first bucket."""
STEPS = 4
"""Buckets from a duration to its double."""
LAST = 80
"""The bucket of all durations above 29 hours: SES tries for 14 hours at most.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_DeliveryOptions.html
"""


def bucket_name(milliseconds: int) -> str:
    """Return the name of the bucket of a duration."""
    within = min(max(milliseconds, FASTEST), FASTEST << LAST // STEPS)
    return f"{BUCKET}{math.ceil(STEPS * math.log2(within / FASTEST))}"


def percentile(numbers: Mapping[str, int], share: float) -> float | None:
    """Return the seconds within which this share of the deliveries were made.

    Other names than those of buckets are left out. None without a delivery.
    """
    buckets = sorted(
        (int(name.removeprefix(BUCKET)), number)
        for name, number in numbers.items()
        if name.startswith(BUCKET)
    )
    missing = math.ceil(share * sum(number for _, number in buckets))
    for bucket, number in buckets:
        missing -= number
        if missing <= 0:
            return _middle(bucket)
    return None


def _middle(bucket: int) -> float:
    milliseconds = FASTEST * 2 ** ((bucket - 0.5) / STEPS) if bucket else FASTEST
    return float(f"{milliseconds / 1000:.3g}")
