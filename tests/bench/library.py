"""The library beside its competitors: many plain messages, one large bulk message, async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from amsdal_mail import EmailMessage
from amsdal_mail.backends.ses import SESBackend
from tests.bench import competitors
from tests.bench.loopback import Loopback
from tests.bench.rows import Row, at_least, at_most, note
from tests.bench.timing import Sample, in_turns

__all__ = ["rows"]

CONCURRENCY = 32


def rows(loopback: Loopback, messages: int = 1000, rounds: int = 5) -> list[Row]:
    """Measure with `messages`, and with a twentieth of them where they are sent one by one."""
    competitors.configure_django(loopback)
    loopback.answer_after(30)
    some = messages // 20
    plain = in_turns(
        {
            "ours": (partial(ours(loopback), messages), messages),
            "raw 32": (partial(competitors.raw(loopback, CONCURRENCY), messages), messages),
            "raw 1": (partial(competitors.raw(loopback, 1), some), some),
            "anymail": (partial(competitors.anymail(), some), some),
            "django-ses": (partial(competitors.django_ses(), some), some),
        },
        rounds,
    )
    tasks = in_turns(
        {
            "ours async": (partial(ours_async(loopback), messages), messages),
            "raw async": (
                partial(competitors.raw_async(loopback, CONCURRENCY), messages),
                messages,
            ),
        },
        rounds,
    )
    bulk = in_turns(
        {
            "ours bulk": (partial(ours_bulk(loopback), 10 * messages), 10 * messages),
            "raw template": (partial(competitors.raw_template(loopback, CONCURRENCY), some), some),
        },
        rounds,
    )
    return _slow_rows(plain | tasks | bulk) + _cpu_rows(loopback, messages // 2, rounds)


def _slow_rows(of: dict[str, Sample]) -> list[Row]:
    def faster(title: str, first: str, second: str, target: float, name: str) -> Row:
        detail = f"{of[first].rate:.0f} to {of[second].rate:.0f} a second"
        return at_least(title, of[first].rate / of[second].rate, target, name, detail)

    one_by_one = of["raw 1"].rate
    bulk = of["ours bulk"].rate
    return [
        faster("plain, 30 ms", "ours", "anymail", 20, "Anymail"),
        faster("plain, 30 ms", "ours", "django-ses", 20, "django-ses"),
        faster("plain, 30 ms", "ours", "raw 32", 0.95, "boto3 in 32 threads"),
        note("boto3 one by one, 30 ms", f"{one_by_one:.0f} a second"),
        faster("async, 30 ms", "ours async", "raw async", 0.95, "aiobotocore, 32 at a time"),
        at_least(
            "bulk to 10,000, 30 ms",
            bulk / one_by_one,
            20,
            "a call a recipient",
            f"{bulk:.0f} recipients a second",
        ),
        note(
            "bulk to 10,000, 30 ms",
            f"{bulk / of['raw template'].rate:.1f} x a call a recipient in 32 threads",
        ),
    ]


def _cpu_rows(loopback: Loopback, messages: int, rounds: int) -> list[Row]:
    loopback.answer_after(0)
    of = in_turns(
        {
            "ours 1": (partial(ours(loopback, 1), messages), messages),
            "raw 1": (partial(competitors.raw(loopback, 1), messages), messages),
            "ours 32": (partial(ours(loopback), messages), messages),
            "raw 32": (partial(competitors.raw(loopback, CONCURRENCY), messages), messages),
            "anymail": (partial(competitors.anymail(), messages), messages),
            "made": (partial(make, messages), messages),
        },
        rounds,
    )

    def cpu(threads: int) -> Row:
        our_cpu, boto3_cpu = of[f"ours {threads}"].cpu, of[f"raw {threads}"].cpu
        detail = f"{our_cpu * 1e6:.0f} to {boto3_cpu * 1e6:.0f} us a message"
        name = f"boto3, {threads} thread{'s' if threads > 1 else ''}"
        return at_most("CPU of plain, 0 ms", our_cpu / boto3_cpu, 1.0, name, detail)

    return [
        cpu(1),
        cpu(CONCURRENCY),
        note("CPU of plain, 0 ms", f"Anymail {of['anymail'].cpu * 1e6:.0f} us a message"),
        note("CPU of checking a message", f"{of['made'].cpu * 1e6:.0f} us, not among the above"),
    ]


def make(count: int) -> list[EmailMessage]:
    return [
        EmailMessage(to=[f"customer{number}@example.com"], **competitors.CONTENT)
        for number in range(count)
    ]


def ours(loopback: Loopback, concurrency: int = CONCURRENCY) -> Callable[[int], None]:
    backend = SESBackend(max_concurrency=concurrency, **loopback.client_options)
    messages: list[EmailMessage] = []

    def send_all(count: int) -> None:
        if len(messages) != count:
            messages[:] = make(count)
        assert backend.send_messages(messages).is_success

    return send_all


def ours_async(loopback: Loopback) -> Callable[[int], None]:
    messages: list[EmailMessage] = []

    async def send_all(count: int) -> None:
        if len(messages) != count:
            messages[:] = make(count)
        async with SESBackend(max_concurrency=CONCURRENCY, **loopback.client_options) as backend:
            assert (await backend.asend_messages(messages)).is_success

    return lambda count: asyncio.run(send_all(count))


def ours_bulk(loopback: Loopback) -> Callable[[int], None]:
    backend = SESBackend(max_concurrency=CONCURRENCY, **loopback.client_options)

    def send(count: int) -> None:
        names = {f"customer{number}@example.com": f"Customer {number}" for number in range(count)}
        message = EmailMessage(
            template_id="order",
            from_email=competitors.SENDER,
            to=list(names),
            merge_data={address: {"name": name} for address, name in names.items()},
        )
        status = backend.send_messages([message])
        assert status.is_success
        assert len(status.recipients) == count

    return send
