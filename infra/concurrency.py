"""The concurrency of the event sources, derived from the account's send rate."""

from __future__ import annotations

import math

__all__ = ["LOWEST_CONCURRENCY", "queue_concurrency"]

LOWEST_CONCURRENCY = 2
"""Lambda accepts no lower maximum concurrency for an SQS event source.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
"""

HIGHEST_CONCURRENCY = 100
"""A new account may run few environments in all. 100 leaves capacity for its other functions."""

RECIPIENTS_PER_ENVIRONMENT = 10
"""Recipients a second that an environment handles at least.

A SendEmail call takes 100 to 200 ms, so an environment sends to this many recipients even in
sequence. Their events are cheaper: a batch of ten takes about 200 ms, and 50 events a second are
more than ten recipients cause on one of the two event queues.
"""


def queue_concurrency(max_send_rate: float) -> int:
    """Return the maximum concurrency C of an event source, from recipients a second.

    Each of the C environments of a stream uses 1 / C of what the stream may use. C is as small as
    the rate allows, because with a very small share a single batch would take minutes.
    """
    environments = math.ceil(max_send_rate / RECIPIENTS_PER_ENVIRONMENT)
    return min(max(environments, LOWEST_CONCURRENCY), HIGHEST_CONCURRENCY)
