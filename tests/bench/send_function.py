"""The send function on one record and on ten, when each service responds after 30 ms."""

from __future__ import annotations

from itertools import count

from tests.bench import functions
from tests.bench.loopback import Loopback
from tests.bench.rows import Row, at_most, note
from tests.bench.timing import in_turns

__all__ = ["rows"]

NUMBERS = count()


def rows(loopback: Loopback, rounds: int = 9) -> list[Row]:
    """Measure with DynamoDB's two writes and one read before and behind the call of SES."""
    loopback.answer_after(30)
    of = in_turns({"one": (lambda: send(1), 1), "ten": (lambda: send(10), 1)}, rounds)
    single, ten = of["one"], of["ten"]
    return [
        at_most(
            "send_email, a batch of 10, 30 ms",
            ten.wall / single.wall,
            1.5,
            "a batch of 1",
            f"{ten.wall * 1000:.0f} to {single.wall * 1000:.0f} ms",
        ),
        note("send_email, CPU of an email", f"{ten.cpu / 10 * 1000:.1f} ms in a batch of 10"),
    ]


def send(records: int) -> None:
    functions.handle_send(functions.send_records([f"{next(NUMBERS):032d}" for _ in range(records)]))
