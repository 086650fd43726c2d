"""`make cost`: prints what a million emails and a month cost, without any free tier."""

from __future__ import annotations

import os

from tests.bench import loopback
from tests.bench.cost import prices
from tests.bench.cost.model import OTHERS_LIMIT, a_million, a_month_fixed, others
from tests.bench.cost.usage import Usage, by_api, by_queue

VOLUMES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    with loopback.running() as stand_in:
        os.environ.update(stand_in.environment)
        used = {"queue, 10 a batch": by_queue(stand_in), "API, one by one": by_api(stand_in)}
    found = {name: a_million(one) for name, one in used.items()}
    _print_counts(used)
    _print_parts(found)
    _print_growth(others(found["API, one by one"]))


def _print_counts(used: dict[str, Usage]) -> None:
    print("Counted for each email with one recipient, its Send and its Delivery event:")
    for name, one in used.items():
        table = one.table
        counted = (
            f"{one.each(table.writes):.0f} writes of {one.each(table.write_units):.1f} units",
            f"{one.each(table.read_units):.1f} read units",
            f"{one.each(table.bytes_kept):.0f} bytes kept",
            f"{one.invocations:.1f} invocations of {one.milliseconds:.0f} ms",
            f"{one.log_bytes:.0f} bytes logged",
        )
        print(f"  {name}: {', '.join(counted)}")


def _print_parts(found: dict[str, dict[str, float]]) -> None:
    first, second = found.values()
    print(f"\n{'Dollars for a million emails':42}{'  '.join(f'{name:>18}' for name in found)}")
    for name in first:
        print(f"{name:42}{first[name]:18.2f}  {second[name]:18.2f}")
    print(f"{'everything but SES':42}{others(first):18.2f}  {others(second):18.2f}")
    shares = [others(parts) / parts["SES"] for parts in (first, second)]
    marked = (f"{one:.1%} {'met' if one <= OTHERS_LIMIT else 'MISSED'}" for one in shares)
    print(f"{f'of SES (at most {OTHERS_LIMIT:.0%})':42}{'  '.join(f'{one:>18}' for one in marked)}")


def _print_growth(of_a_million: float) -> None:
    fixed = a_month_fixed()
    titles = ("emails a day", "SES", "others", "fixed", "a month", "a 1000")
    print("\nDollars a month, others as by API, fixed what an idle stack costs")
    print("".join(f"{title:>14}" for title in titles))
    for a_day in VOLUMES:
        emails = a_day * 30
        ses, rest = emails * prices.SES_EMAIL, emails * of_a_million / prices.MILLION
        total = ses + rest + fixed
        dollars = "".join(f"{one:14.2f}" for one in (ses, rest, fixed, total))
        print(f"{a_day:14,}{dollars}{total / emails * 1000:14.3f}")


if __name__ == "__main__":
    main()
