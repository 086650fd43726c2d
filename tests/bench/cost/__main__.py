"""`make cost`: prints the cost of a million emails and of a month, without free tiers."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tests.bench import loopback
from tests.bench.cost import prices
from tests.bench.cost.model import GB, OTHERS_LIMIT, a_million, a_month_fixed, others
from tests.bench.cost.reads import page_of
from tests.bench.cost.usage import MEMORY_GB, Usage, by_api, by_api_in_a_quiet_hour, by_queue

QUIET = 100_000
"""Emails a day, little more than one email a second."""
LARGE_MB = 5
KEPT_KB = 5
"""A message with HTML, in gzip."""
KEEP_SECONDS = 0.03
"""The usual latency of PutObject for a small object."""
NOTE_UNITS = 2
"""The item of an email has less than 2 KB."""
PAGE = 50
"""Emails of a page of the search."""
VOLUMES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    with loopback.running() as stub:
        os.environ.update(stub.environment)
        used = {
            "queue": by_queue(stub),
            "API": by_api(stub),
            "API, quiet hour": by_api_in_a_quiet_hour(stub),
        }
    costs = {name: a_million(usage) for name, usage in used.items()}
    _print_counts(used)
    _print_parts(costs)
    _print_search(used["API"])
    _print_large()
    _print_kept()
    _print_growth(costs)


def _print_search(used: Usage) -> None:
    """Print the price of the indexes, and what a page reads."""
    table = used.table
    units, size = used.each(table.index_write_units), used.each(table.index_bytes)
    writes = units * prices.DYNAMODB_WRITE_UNIT * prices.MILLION
    kept = size / GB * (prices.DYNAMODB_GB_MONTH + prices.DYNAMODB_RECOVERY_GB_MONTH)
    print(
        f"\nOf these, the indexes for the search, {units:.0f} write units and {size:.0f} bytes an"
    )
    print(f"email: {writes:.2f} for writes, {kept * prices.MILLION:.2f} for 30 days' storage")
    recipients = {item["recipient"]["S"] for item in table.items.values() if "recipient" in item}
    for name, recipient in (("by recipient", next(iter(recipients))), ("by time", None)):
        page = page_of(table.items, recipient, PAGE)
        dollars = page.units * prices.DYNAMODB_READ_UNIT
        print(
            f"A page of {page.emails} emails {name}: {page.units:.1f} read units in {page.calls}"
            f" calls, {dollars * 1000:.3f} for a thousand pages"
        )


def _print_large() -> None:
    """Print the price of the bucket: an email of the queue is put, read and deleted once."""
    bucket = (prices.S3_PUT + prices.S3_GET) * prices.MILLION
    files = prices.SES_ATTACHMENT_GB * LARGE_MB / 1024 * prices.MILLION
    print(f"\nA million large emails by the queue: {bucket:.2f} for the bucket beside the above,")
    print(f"and {files:,.2f} that SES asks for attachments of {LARGE_MB} MB each")


def _print_kept() -> None:
    """Print the price of `content_retention_days`: an object for each message and each file."""
    put = prices.S3_PUT * prices.MILLION
    time = KEEP_SECONDS * MEMORY_GB * prices.LAMBDA_GB_SECOND * prices.MILLION
    storage = KEPT_KB / 1024**2 * prices.S3_GB_MONTH * prices.MILLION
    note = NOTE_UNITS * prices.DYNAMODB_WRITE_UNIT * prices.MILLION
    print(f"\nA million kept messages: {put:.2f} to put them, {time:.2f} of Lambda, and")
    print(f"{storage:.2f} a month for {KEPT_KB} KB each; {put:.2f} for a file of each;")
    print(f"{note:.2f} more for those that wait on the queue first")


def _print_counts(used: dict[str, Usage]) -> None:
    print("Counted for each email with one recipient, its Send and its Delivery event:")
    for name, usage in used.items():
        table = usage.table
        counted = (
            f"{usage.each(table.writes):.0f} writes of {usage.each(table.write_units):.1f} units",
            f"{usage.each(table.read_units):.1f} read units",
            f"{usage.each(table.bytes_kept):.0f} bytes kept",
            f"{usage.invocations:.1f} invocations of {usage.milliseconds:.0f} ms",
            f"{usage.log_bytes:.0f} bytes logged",
        )
        print(f"  {name}: {', '.join(counted)}")


def _print_parts(costs: dict[str, dict[str, float]]) -> None:
    print()
    _print_line("Dollars for a million emails", costs)
    for name in costs["API"]:
        _print_line(name, (f"{parts[name]:.2f}" for parts in costs.values()))
    _print_line("everything but SES", (f"{others(parts):.2f}" for parts in costs.values()))
    shares = (others(parts) / parts["SES"] for parts in costs.values())
    marked = (f"{share:.1%} {'met' if share <= OTHERS_LIMIT else 'MISSED'}" for share in shares)
    _print_line(f"of SES (at most {OTHERS_LIMIT:.0%})", marked)


def _print_line(title: str, cells: Iterable[str]) -> None:
    print(f"{title:42}{''.join(f'{cell:>17}' for cell in cells)}")


def _print_growth(costs: dict[str, dict[str, float]]) -> None:
    fixed = a_month_fixed()
    titles = ("emails a day", "SES", "others", "fixed", "a month", "a 1000")
    print("\nDollars a month by the API, up to 100,000 a day in quiet hours; fixed: an idle stack")
    print("".join(f"{title:>14}" for title in titles))
    for a_day in VOLUMES:
        emails = a_day * 30
        of_a_million = others(costs["API, quiet hour" if a_day <= QUIET else "API"])
        ses, rest = emails * prices.SES_EMAIL, emails * of_a_million / prices.MILLION
        total = ses + rest + fixed
        cells = "".join(f"{dollars:14.2f}" for dollars in (ses, rest, fixed, total))
        print(f"{a_day:14,}{cells}{total / emails * 1000:14.3f}")


if __name__ == "__main__":
    main()
