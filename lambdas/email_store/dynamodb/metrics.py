"""DynamoDBMetricsStore: the metrics in the table of the emails.

pk=METRICS#<shard>  sk=<day>#<mail>#<domain>   the numbers of one series
pk=METRICS          sk=NAMES#<day>             the names of that day
"""

from __future__ import annotations

import secrets
import zlib
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from email_store.dynamodb.table import ItemUpdate, Table
from email_store.metric_names import MetricNames
from email_store.metrics import METRICS_DAYS, Metrics, MetricsStore, Series, add_up

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from types_boto3_dynamodb import DynamoDBClient

    from email_store.dynamodb.table import Attributes, Item
    from email_store.metrics import Tally

__all__ = ["READ_LIMIT", "SHARDS", "DynamoDBMetricsStore"]

SHARDS = 8
"""Partitions of the series. A partition takes 1,000 write units a second, and a read asks each.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
"""
READ_LIMIT = 5_000
"""Series of one partition that a read returns. One day has some 4,500 in each at most."""
TRIES = 10
"""How often new names are added again, because another worker added some meanwhile."""
DAYS_CACHED = 100
KEY_NAMES = ("pk", "sk", "expires_at", "write_id")
WRITE_ONCE = "attribute_not_exists(write_id) OR write_id <> :write_id"
"""The SDK repeats a write whose response was lost. Its numbers are then added already, unless
another worker has written meanwhile."""
NEW_OR_SAME = "attribute_not_exists(pk) OR version = :version"


class DynamoDBMetricsStore(MetricsStore):
    """The metrics in the table `table_name`. It keeps the names of the days that it has seen."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, read_limit: int = READ_LIMIT
    ) -> None:
        self._table = Table(client, table_name)
        self._read_limit = read_limit
        self._names: dict[date, MetricNames] = {}

    @override
    def count_metrics(self, tally: Tally) -> None:
        by_day: defaultdict[date, list[Series]] = defaultdict(list)
        for series in tally:
            by_day[series.day].append(series)
        for day, wanted in by_day.items():
            names = self._names_for(day, wanted)
            coded: defaultdict[str, list[Series]] = defaultdict(list)
            for series in wanted:
                coded[names.code(series)].append(series)
            for code, same in coded.items():
                (numbers,) = add_up((same[0], tally[series]) for series in same).values()
                self._add(day, code, numbers)

    @override
    def read_metrics(self, first: date, last: date) -> Metrics:
        items: list[Attributes] = []
        complete = first
        for shard in range(SHARDS):
            found = self._table.between(
                _partition(shard),
                f"{first}#",
                f"{last}$",
                self._read_limit + 1,
                newest_first=True,
            )
            newest = list(found)
            if len(newest) > self._read_limit:
                complete = max(complete, _day(newest.pop()) + timedelta(days=1))
            items += newest
        # After the series: a name is written before the first series with it.
        names = {
            date.fromisoformat(item["sk"].removeprefix("NAMES#")): _read_names(item)
            for item in self._table.between("METRICS", f"NAMES#{first}", f"NAMES#{last}$")
        }
        return Metrics(complete, add_up(_read(items, names, complete)))

    def _names_for(self, day: date, wanted: Collection[Series]) -> MetricNames:
        """Return the names of a day, and add the new names of these series before."""
        names = self._names.get(day) or self._load_names(day)
        for _ in range(TRIES):
            extended = names.with_names_of(wanted)
            if extended == names:
                break
            extended = replace(extended, version=names.version + 1)
            item = _names_item(day, extended)
            written = self._table.put_or_get(item, NEW_OR_SAME, {"version": names.version})
            names = extended if written.is_done else _read_names(written.item)
        if len(self._names) >= DAYS_CACHED:
            self._names.clear()
        self._names[day] = names
        return names

    def _load_names(self, day: date) -> MetricNames:
        found = self._table.get_many([_names_key(day)])
        return _read_names(found[0]) if found else MetricNames()

    def _add(self, day: date, code: str, numbers: Mapping[str, int]) -> None:
        sort_key = f"{day}#{code}"
        shard = zlib.crc32(sort_key.encode()) % SHARDS
        write_id = secrets.token_hex(4)
        update = ItemUpdate(
            sets={"expires_at": _expiry(day), "write_id": write_id},
            additions=numbers,
            condition=WRITE_ONCE,
            condition_values={"write_id": write_id},
        )
        self._table.update({"pk": _partition(shard), "sk": sort_key}, update)


def _partition(shard: int) -> str:
    return f"METRICS#{shard}"


def _day(item: Attributes) -> date:
    return date.fromisoformat(item["sk"].partition("#")[0])


def _expiry(day: date, more_days: int = 0) -> int:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int((end + timedelta(days=METRICS_DAYS + more_days)).timestamp())


def _read(
    items: Collection[Attributes], names: Mapping[date, MetricNames], first: date
) -> Iterator[tuple[Series, Mapping[str, int]]]:
    for item in items:
        day, code = _day(item), item["sk"].partition("#")[2]
        if day >= first and day in names:
            numbers = {name: item[name] for name in item if name not in KEY_NAMES}
            yield names[day].series(day, code), numbers


def _names_key(day: date) -> Item:
    return {"pk": "METRICS", "sk": f"NAMES#{day}"}


def _names_item(day: date, names: MetricNames) -> Item:
    return {
        **_names_key(day),
        "tags": names.tags,
        "templates": names.templates,
        "domains": names.domains,
        "mails": names.mails,
        "version": names.version,
        # A series needs the names to the end.
        "expires_at": _expiry(day, more_days=30),
    }


def _read_names(item: Attributes) -> MetricNames:
    return MetricNames(
        tags=tuple(item["tags"]),
        templates=tuple(item["templates"]),
        domains=tuple(item["domains"]),
        mails=tuple(item["mails"]),
        version=item["version"],
    )
