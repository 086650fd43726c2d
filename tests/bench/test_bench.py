"""The parts of the bench work: few messages, no figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.bench import competitors, library, loopback, pacing, streams
from tests.bench.__main__ import main
from tests.bench.cost.table_units import table_use
from tests.bench.loopback import Loopback
from tests.bench.rows import at_least, at_most, table

SEND = "outbound-emails"


@pytest.fixture(scope="module")
def stub() -> Iterator[Loopback]:
    with loopback.running() as running:
        yield running


WAYS: dict[str, Callable[[Loopback], Callable[[int], None]]] = {
    "ours": library.ours,
    "ours async": library.ours_async,
    "boto3": lambda stub: competitors.raw(stub, 4),
    "aiobotocore": lambda stub: competitors.raw_async(stub, 4),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_way_makes_one_call_a_message(
    stub: Loopback, way: Callable[[Loopback], Callable[[int], None]]
) -> None:
    stub.recorded()

    way(stub)(20)

    assert [operation for operation, _ in stub.recorded()] == [SEND] * 20


def test_a_bulk_message_makes_one_call_for_fifty(stub: Loopback) -> None:
    stub.recorded()

    library.ours_bulk(stub)(120)

    entries = [len(request["BulkEmailEntries"]) for _, request in stub.recorded()]
    assert sorted(entries) == [20, 50, 50]


@pytest.mark.parametrize("recipients", [1, 5])
@pytest.mark.parametrize("rate", pacing.RATES)
def test_environments_use_the_rate_and_are_not_throttled(rate: int, recipients: int) -> None:
    result = pacing.run(rate, recipients, seed=rate)

    assert result.used >= 0.9
    assert result.throttled == 0


def test_transactional_mail_goes_first_in_virtual_time() -> None:
    phase = streams.both(seconds=60)

    assert phase.waited(0.99) <= 2
    assert phase.used >= 0.92
    assert phase.bulk >= 0.1
    assert phase.throttled == 0


@pytest.mark.parametrize("recipients", [1, 50], ids=["single", "calls for 50"])
def test_burst_is_out_in_its_time_beside_bulk_mail(recipients: int) -> None:
    phase = streams.burst(recipients, at=20)

    assert phase.end - phase.begin <= 1.2 * streams.RESETS / streams.RATE
    assert phase.bulk >= 0.1
    assert phase.throttled == 0


def test_stream_that_flows_alone_makes_no_call_for_the_note() -> None:
    transactional = streams.transactional_alone(seconds=20)
    bulk = streams.bulk_alone(seconds=100)

    assert transactional.traffic.store.note_writes == []
    marks = [kind for _, kind in bulk.traffic.store.note_writes]
    assert marks.count("mark") == len(marks) <= 4 * 4
    assert bulk.used >= 0.8


def put(key: str, **attributes: str) -> tuple[str, dict[str, Any]]:
    item = {"pk": key, "sk": "RECIPIENT", **attributes}
    return "PutItem", {"Item": {name: {"S": value} for name, value in item.items()}}


@pytest.mark.parametrize(
    ("calls", "units"),
    [
        ([put("a")], 1),
        ([put("a", body="x" * 1500)], 2),
        ([put("a", recipient="anna", at="1")], 2),
        ([put("a", recipient="anna", at="1", state=state) for state in "12"], 3),
        ([put("a", recipient="anna", at=at) for at in "12"], 5),
        ([put("a", recipient="anna", at="1", period="2026")], 3),
    ],
    ids=["small", "over 1 KB", "indexed", "index unchanged", "index changed", "two indexes"],
)
def test_write_units_are_dynamodbs(calls: list[tuple[str, dict[str, Any]]], units: int) -> None:
    assert table_use(calls).write_units == units


def test_a_missed_target_is_marked() -> None:
    rows = [at_least("fast", 1.9, 2, "it", "-"), at_most("small", 1.9, 2, "it", "-")]

    met = [line.split()[-1] for line in table(rows).splitlines()[1:]]

    assert met == ["MISSED", "met"]


def test_an_unknown_part_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SystemExit, match="no part 'nope': there are library, cold, send, track, "):
        main(["library", "nope"])
