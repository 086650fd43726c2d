"""How many function environments work on a queue at once, from the account's send rate."""

import math

# Below 2, Lambda refuses a maximum concurrency.
LOWEST_CONCURRENCY = 2
# A new account may run few environments in all; 100 leaves the rest of the account alive.
HIGHEST_CONCURRENCY = 100
# A SendEmail call takes 100 to 200 ms, so one environment surely manages this many recipients a
# second even one by one. Its events (Send, Delivery, Open, Click and a spare, five a recipient)
# are cheaper: one batch of ten in about 200 ms is 50 a second, which is the same ten recipients.
RECIPIENTS_PER_ENVIRONMENT = 10


def queue_concurrency(max_send_rate: float) -> int:
    """Give the maximum concurrency C of both event sources, from recipients a second.

    Each of the C environments paces itself to 0.95 x max_send_rate / C, so C is as small as the
    rate allows: a share that is too thin would spread one batch over minutes.
    """
    wanted = math.ceil(max_send_rate / RECIPIENTS_PER_ENVIRONMENT)
    return min(max(wanted, LOWEST_CONCURRENCY), HIGHEST_CONCURRENCY)
