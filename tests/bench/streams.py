"""What the two streams get of the sending rate, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from amsdal_mail.stream import Stream
from tests.bench.rows import Row
from tests.bench.stream_traffic import Accepted, Traffic

__all__ = ["Phase", "both", "bulk_alone", "burst", "rows", "saturated", "transactional_alone"]

RATE = 14
WAITING = 100_000
RESETS = 200
FIRST_SECOND = 1.0
"""SES's bucket is full at the start: the first second does not count."""
TRANSACTIONAL, BULK = Stream.TRANSACTIONAL, Stream.BULK


@dataclass(frozen=True)
class Phase:
    """A time of a run."""

    traffic: Traffic
    begin: float
    end: float

    @property
    def used(self) -> float:
        """The share of the rate that was used, up to 1."""
        return self._share(self._accepted)

    @property
    def bulk(self) -> float:
        """The share of the rate that bulk mail used."""
        return self._share([email for email in self._accepted if email.stream is BULK])

    @property
    def throttled(self) -> int:
        """The calls that SES throttled."""
        return sum(self.begin <= at < self.end for at in self.traffic.throttled)

    def waited(self, quantile: float) -> float:
        """Return how long transactional mail waited, from the queue to SES."""
        emails = [email for email in self._accepted if email.stream is TRANSACTIONAL]
        waits = sorted(email.waited for email in emails)
        return waits[min(len(waits) - 1, int(len(waits) * quantile))]

    @property
    def _accepted(self) -> list[Accepted]:
        return [email for email in self.traffic.accepted if self.begin <= email.at < self.end]

    def _share(self, emails: Sequence[Accepted]) -> float:
        recipients = sum(email.recipients for email in emails)
        return recipients / self.traffic.rate / (self.end - self.begin)


def bulk_alone(seconds: float = 300, recipients: int = 1, rate: float = RATE) -> Phase:
    """Send bulk mail that waits."""
    return _run(_with_bulk(rate, recipients), FIRST_SECOND, seconds)


def transactional_alone(seconds: float = 120) -> Phase:
    """Send transactional mail that waits."""
    traffic = Traffic(RATE)
    traffic.request(TRANSACTIONAL, WAITING)
    return _run(traffic, FIRST_SECOND, seconds)


def both(seconds: float = 600, recipients: int = 1) -> Phase:
    """Send transactional mail that comes once a second beside bulk mail that waits."""
    traffic = _with_bulk(RATE, recipients)
    _trickle(traffic, seconds)
    return _run(traffic, 5, seconds)


def burst(recipients: int = 1, *, amid: bool = False, at: float = 60) -> Phase:
    """Send a burst of resets beside bulk mail that waits; `amid` other transactional mail."""
    traffic = _with_bulk(RATE, recipients)
    if amid:
        _trickle(traffic, at)
    traffic.request_at([at], TRANSACTIONAL, RESETS)
    traffic.run(at + 60)
    resets = [email.at for email in traffic.accepted if email.queued_at == at]
    assert len(resets) == RESETS
    return Phase(traffic, at, max(resets))


def saturated(seconds: float = 200, begin: float = 20) -> Phase:
    """Send much of both streams: transactional mail waits too, from 20 seconds on."""
    traffic = _with_bulk(RATE, 1)
    traffic.request_at([begin], TRANSACTIONAL, WAITING)
    return _run(traffic, begin, seconds)


def rows() -> list[Row]:
    alone, beside, full = bulk_alone(), both(), saturated()
    own_time = RESETS / RATE
    bursts = {
        "after bulk mail alone": burst(),
        "amid one a second": burst(amid=True),
        "beside calls for 50": burst(50),
    }
    phases = [alone, beside, full, *bursts.values()]
    writes = sum(kind == "count" for _, kind in transactional_alone().traffic.store.note_writes)
    return [
        _row("bulk mail alone", f"{alone.used:.1%} of the rate", ">= 80 %", alone.used >= 0.8),
        _wait_row("transactional mail, one a second, waits", beside),
        _wait_row("the same beside bulk calls for 50", both(recipients=50)),
        _row("both streams together", f"{beside.used:.1%}", ">= 92 %", beside.used >= 0.92),
        *(
            _row(
                f"{RESETS} resets {title}",
                f"{(phase.end - phase.begin) / own_time:.2f} x their time at the full rate",
                "<= 1.2 x",
                phase.end - phase.begin <= 1.2 * own_time,
            )
            for title, phase in bursts.items()
        ),
        _row("bulk mail beside a full queue", f"{full.bulk:.1%}", ">= 10 %", full.bulk >= 0.1),
        _row(
            "calls that SES throttled, in all of these",
            str(sum(phase.throttled for phase in phases)),
            "0",
            not any(phase.throttled for phase in phases),
        ),
        _row("writes of the note by transactional mail alone", str(writes), "0", not writes),
    ]


def _with_bulk(rate: float, recipients: int) -> Traffic:
    traffic = Traffic(rate)
    traffic.request(BULK, WAITING // recipients, recipients)
    return traffic


def _trickle(traffic: Traffic, seconds: float) -> None:
    random, times, at = Random(1), [], 0.0
    while (at := at + random.expovariate(1)) < seconds:
        times.append(at)
    traffic.request_at(times, TRANSACTIONAL)


def _run(traffic: Traffic, begin: float, end: float) -> Phase:
    traffic.run(end)
    return Phase(traffic, begin, end)


def _wait_row(title: str, phase: Phase) -> Row:
    p50, p99 = phase.waited(0.5), phase.waited(0.99)
    figure = f"p50 {p50:.2f} s, p99 {p99:.2f} s"
    return _row(title, figure, "p50 <= 0.5 s, p99 <= 2 s", p50 <= 0.5 and p99 <= 2)


def _row(title: str, figure: str, target: str, is_met: bool) -> Row:
    return Row(f"{title} ({RATE}/s, virtual time)", figure, target, is_met)
