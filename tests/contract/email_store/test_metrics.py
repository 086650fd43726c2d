"""The stores of the metrics, in memory and in the table: they add, limit names, and read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from email_store.dynamodb.metrics import DynamoDBMetricsStore
from email_store.memory_metrics import MemoryMetricsStore
from email_store.metric_names import LARGE_PROVIDERS, LIMITS
from email_store.metrics import OTHER, MetricsStore, Series
from email_store.records import EmailRecord, Repeat
from email_store.store import EmailStore
from tests.bench.cost.table_units import item_size

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
DAY = date(2026, 11, 24)
NEXT_DAY = DAY + timedelta(days=1)
MAIL = Series(day=DAY, stream="transactional", template_id="order", tags=("order", "shop"))


def of(series: Series = MAIL, **changes: Any) -> Series:
    parts = {name: getattr(series, name) for name in Series.__dataclass_fields__}
    return Series(**parts | changes)


def _in_memory(_request: pytest.FixtureRequest) -> MetricsStore:
    return MemoryMetricsStore()


def _in_dynamodb(request: pytest.FixtureRequest) -> MetricsStore:
    table_name: str = request.getfixturevalue("table_name")
    return DynamoDBMetricsStore(request.getfixturevalue("dynamodb"), table_name)


@pytest.fixture(params=[_in_memory, _in_dynamodb], ids=["memory", "dynamodb"])
def metrics(request: pytest.FixtureRequest) -> MetricsStore:
    make: Callable[[pytest.FixtureRequest], MetricsStore] = request.param
    return make(request)


def tally_of(metrics: MetricsStore, first: date = DAY, last: date = NEXT_DAY) -> Any:
    return dict(metrics.read_metrics(first, last).tally)


def test_numbers_of_a_series_are_added_up(metrics: MetricsStore) -> None:
    domain = of(domain="example.org")

    metrics.count_metrics({MAIL: {"accepted": 2}, domain: {"delivered": 1, "t3": 1}})
    metrics.count_metrics({MAIL: {"accepted": 3, "bounced": 1}, domain: {"delivered": 1, "t9": 1}})

    assert tally_of(metrics) == {
        MAIL: {"accepted": 5, "bounced": 1},
        domain: {"delivered": 2, "t3": 1, "t9": 1},
    }


SERIES = {
    "another stream": of(stream="bulk"),
    "the stream of strangers": of(stream="direct"),
    "no template": of(template_id=None),
    "another template": of(template_id="reset"),
    "no tags": of(tags=()),
    "one tag": of(tags=("order",)),
    "a domain": of(domain="example.org"),
    "a large provider": of(domain="gmail.com"),
    "another day": of(day=NEXT_DAY),
    "names with the signs of a code": of(template_id="1/2,3", tags=("#*", "4"), domain="5"),
    "names in Unicode": of(template_id="größe", tags=("ключ", "🎉")),
}


@pytest.mark.parametrize("series", SERIES.values(), ids=SERIES)
def test_series_come_back_as_they_were(metrics: MetricsStore, series: Series) -> None:
    metrics.count_metrics({MAIL: {"accepted": 1}, series: {"accepted": 2}})

    found = tally_of(metrics)

    assert {_sorted(each): numbers for each, numbers in found.items()} == {
        _sorted(MAIL): {"accepted": 1},
        _sorted(series): {"accepted": 2},
    }


def _sorted(series: Series) -> Series:
    return of(series, tags=tuple(sorted(series.tags)))


def test_tags_in_another_order_are_the_same_series(metrics: MetricsStore) -> None:
    metrics.count_metrics({MAIL: {"accepted": 1}, of(tags=("shop", "order")): {"accepted": 1}})

    assert list(tally_of(metrics).values()) == [{"accepted": 2}]


def test_only_the_days_asked_for_are_read(metrics: MetricsStore) -> None:
    days = [DAY + timedelta(days=number) for number in range(-1, 4)]
    for number, day in enumerate(days):
        metrics.count_metrics({of(day=day): {"accepted": number + 1}})

    assert tally_of(metrics, days[1], days[3]) == {
        of(day=days[1]): {"accepted": 2},
        of(day=days[2]): {"accepted": 3},
        of(day=days[3]): {"accepted": 4},
    }
    assert tally_of(metrics, days[2], days[2]) == {of(day=days[2]): {"accepted": 3}}
    assert tally_of(metrics, date(2020, 1, 1), date(2020, 1, 2)) == {}


def test_thousands_of_domains_make_a_limited_number_of_series(metrics: MetricsStore) -> None:
    domains = [f"d{number}.example" for number in range(2_000)]

    metrics.count_metrics({of(domain=name): {"delivered": 1} for name in domains})
    metrics.count_metrics({of(domain="gmail.com"): {"delivered": 1}})

    found = {series.domain: numbers["delivered"] for series, numbers in tally_of(metrics).items()}
    assert found == {
        **dict.fromkeys(domains[: LIMITS["domains"]], 1),
        OTHER: len(domains) - LIMITS["domains"],
        "gmail.com": 1,
    }


def test_tag_of_its_own_for_each_email_keeps_the_shared_tag(metrics: MetricsStore) -> None:
    emails = [of(tags=("order", f"order-{number}")) for number in range(1_000)]

    metrics.count_metrics({series: {"accepted": 1} for series in emails})

    found = tally_of(metrics)
    by_tag: Counter[str] = Counter()
    for series, numbers in found.items():
        by_tag.update(dict.fromkeys(series.tags, numbers["accepted"]))
    assert by_tag["order"] == len(emails)
    assert by_tag[OTHER] == len(emails) - (LIMITS["tags"] - 1)
    assert len(found) <= LIMITS["mails"]


def test_series_of_a_day_are_limited_whatever_comes(metrics: MetricsStore) -> None:
    hostile = [
        of(template_id=f"t{n % 300}", tags=(f"a{n % 90}", f"b{n % 7}", f"c{n}"), stream=stream)
        for n in range(1_500)
        for stream in ("transactional", "bulk", "direct")
    ]

    metrics.count_metrics({series: {"accepted": 1} for series in hostile})

    found = tally_of(metrics)
    assert sum(numbers["accepted"] for numbers in found.values()) == len(hostile)
    assert len(found) <= LIMITS["mails"] + 3 * (LIMITS["templates"] + 1)
    assert {series.stream for series in found} == {"transactional", "bulk", "direct"}


def test_name_of_100_000_characters_counts_as_other(metrics: MetricsStore) -> None:
    long = "x" * 100_000

    metrics.count_metrics({of(template_id=long, tags=(long,), domain=long): {"delivered": 1}})

    assert tally_of(metrics) == {
        of(template_id=OTHER, tags=(OTHER,), domain=OTHER): {"delivered": 1}
    }


def test_email_with_thousands_of_tags_is_counted(metrics: MetricsStore) -> None:
    tags = tuple(f"tag-{number}" for number in range(5_000))

    metrics.count_metrics({of(tags=tags): {"accepted": 1}})

    ((series, numbers),) = tally_of(metrics).items()
    assert numbers == {"accepted": 1}
    assert set(series.tags) == set(tags[:50])


def test_workers_with_different_new_names_lose_no_number(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    workers = [DynamoDBMetricsStore(dynamodb, table_name) for _ in range(4)]

    def work(number: int) -> None:
        for step in range(10):
            name = f"t{number}-{step}"
            workers[number].count_metrics({of(template_id=name, tags=(name,)): {"accepted": 1}})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    found = tally_of(workers[0])
    assert sum(numbers["accepted"] for numbers in found.values()) == 40
    named = [series for series in found if series.template_id != OTHER]
    assert len(named) > 10
    assert all(series.tags == (series.template_id,) for series in named)
    assert all(found[series] == {"accepted": 1} for series in named)


def test_worker_with_old_names_keeps_those_of_others(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    one, other = (DynamoDBMetricsStore(dynamodb, table_name) for _ in range(2))
    for worker in (one, other):
        worker.count_metrics({MAIL: {"accepted": 1}})

    one.count_metrics({of(tags=("by-one",)): {"accepted": 1}})
    other.count_metrics({of(tags=("by-other",)): {"accepted": 1}})
    one.count_metrics({of(tags=("by-other",)): {"accepted": 1}})

    assert tally_of(one) == {
        MAIL: {"accepted": 2},
        of(tags=("by-one",)): {"accepted": 1},
        of(tags=("by-other",)): {"accepted": 2},
    }


class Overtaken:
    """Each time that new names are written, another worker was faster with others."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._other = DynamoDBMetricsStore(client, table_name)
        self._numbers = count()

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def put_item(self, **params: Any) -> Any:
        self._other.count_metrics({of(tags=(f"t{next(self._numbers)}",)): {"bounced": 1}})
        return self._client.put_item(**params)


def test_worker_that_is_always_too_slow_counts_as_other(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    slow = DynamoDBMetricsStore(Overtaken(dynamodb, table_name), table_name)  # type: ignore[arg-type]

    slow.count_metrics({of(tags=("late",)): {"accepted": 3}})

    accepted = {series: numbers["accepted"] for series, numbers in tally_of(slow).items()}
    assert +Counter(accepted) == {of(template_id=OTHER, tags=(OTHER,)): 3}


PLAIN = EmailRecord(email_id="e1", fingerprint="f", created_at=NOW)
LARGE = EmailRecord(email_id="e1", fingerprint="f", created_at=NOW, chunk_count=2)
OPEN = Repeat("open", "anna@example.org")


@pytest.mark.parametrize("record", [None, PLAIN, LARGE], ids=["unknown", "plain", "large"])
def test_first_open_by_a_person_is_told_once(store: EmailStore, record: EmailRecord | None) -> None:
    by_machine = [True, False, False, True, False]

    told = [
        store.count_repeat("e1", OPEN, now=NOW, record=record, is_by_machine=machine)
        for machine in by_machine
    ]

    assert told == [False, True, False, False, False]
    assert store.count_repeat("e1", Repeat("click", OPEN.recipient), now=NOW, record=record)
    assert store.count_repeat("e1", Repeat("open", None), now=NOW, record=record)


@pytest.mark.parametrize("record", [PLAIN, LARGE], ids=["plain", "large"])
def test_first_of_opens_at_the_same_time_is_told_once(
    store: EmailStore, record: EmailRecord
) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(
            pool.map(lambda _: store.count_repeat("e1", OPEN, now=NOW, record=record), range(8))
        )

    assert sum(told) == 1


class RepeatingClient:
    """Makes each write twice, as the SDK does when a response is lost."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self.calls: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)

        def twice(**params: Any) -> Any:
            self.calls[operation] += 1
            if operation in {"update_item", "put_item"}:
                call(**params)
            return call(**params)

        return twice


def test_write_that_the_sdk_repeats_counts_once(dynamodb: DynamoDBClient, table_name: str) -> None:
    store = DynamoDBMetricsStore(RepeatingClient(dynamodb), table_name)  # type: ignore[arg-type]

    for _ in range(3):
        store.count_metrics({MAIL: {"accepted": 1}})

    assert tally_of(store) == {MAIL: {"accepted": 3}}


class CountingClient(RepeatingClient):
    """Notes the calls."""

    def __getattr__(self, operation: str) -> Any:
        self.calls[operation] += 1
        return getattr(self._client, operation)


def test_known_names_cost_one_write_for_a_series(dynamodb: DynamoDBClient, table_name: str) -> None:
    client = CountingClient(dynamodb)
    store = DynamoDBMetricsStore(client, table_name)  # type: ignore[arg-type]
    tally = {MAIL: {"accepted": 7}, of(domain="example.org"): {"delivered": 7, "t1": 7}}
    store.count_metrics(tally)
    assert client.calls == {"batch_get_item": 1, "put_item": 1, "update_item": 2}
    client.calls.clear()

    store.count_metrics(tally)

    assert client.calls == {"update_item": 2}


def test_items_of_series_stay_within_one_write_unit(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    store = DynamoDBMetricsStore(dynamodb, table_name)
    counts = ("accepted", "delivered", "bounced", "complained", "opened", "clicked", "rejected")
    numbers = dict.fromkeys((*counts, "soft_bounced", *(f"t{n}" for n in range(81))), 10**9)

    store.count_metrics({of(tags=("x" * 255,) * 50, domain="y" * 253): numbers})

    items: list[Any] = dynamodb.scan(TableName=table_name)["Items"]
    (item,) = [item for item in items if item["sk"]["S"].startswith(str(DAY))]
    assert item_size(item) <= 1_024


def test_too_many_series_leave_out_the_first_days(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    store = DynamoDBMetricsStore(dynamodb, table_name, read_limit=3)
    days = [DAY + timedelta(days=number) for number in range(12)]
    for day in days:
        for stream in ("transactional", "bulk"):
            store.count_metrics({of(day=day, stream=stream): {"accepted": 1}})

    first, tally = store.read_metrics(days[0], days[-1])

    assert days[0] < first <= days[-1]
    assert set(tally) == {
        of(day=day, stream=stream)
        for day in days
        if day >= first
        for stream in ("transactional", "bulk")
    }


def test_items_are_deleted_after_400_days(dynamodb: DynamoDBClient, table_name: str) -> None:
    DynamoDBMetricsStore(dynamodb, table_name).count_metrics({MAIL: {"accepted": 1}})

    items = dynamodb.scan(TableName=table_name)["Items"]
    expiries = {item["sk"]["S"].partition("#")[0]: int(item["expires_at"]["N"]) for item in items}
    day = 24 * 3600
    start = 1_795_478_400  # 2026-11-24T00:00Z
    assert expiries[str(DAY)] == start + 400 * day
    assert expiries["NAMES"] > expiries[str(DAY)]


def test_large_providers_have_names_of_their_own() -> None:
    assert "gmail.com" in LARGE_PROVIDERS
    assert len(set(LARGE_PROVIDERS)) == len(LARGE_PROVIDERS)


def test_tag_with_an_address_counts_as_other(metrics: MetricsStore) -> None:
    tags = ("order", "to-bob@example.org")

    metrics.count_metrics({of(tags=tags): {"accepted": 1}})

    assert tally_of(metrics) == {of(tags=(OTHER, "order")): {"accepted": 1}}
