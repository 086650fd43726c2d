"""The search in the table: entries of its two indexes, and the items that they stand for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from email_store.claims import SendUnit
from email_store.dynamodb.counts import counts_keys, sum_counts
from email_store.dynamodb.events import RECIPIENTS, read_recipient, recipient_key
from email_store.dynamodb.pointers import pointer_key
from email_store.dynamodb.table import HOUR, email_key
from email_store.dynamodb.unit_items import read_email, read_unit, unit_key
from email_store.dynamodb.values import from_attribute, to_attribute
from email_store.search import Entry, Position, Source, Stretch, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from email_store.claims import UnitState
    from email_store.dynamodb.table import Attributes, Item, Table
    from email_store.records import EmailRecord
    from email_store.search_rows import Found

__all__ = ["BY_RECIPIENT", "BY_TIME", "TableSource", "index_page", "position_of"]

BY_RECIPIENT = ("by_recipient", "recipient")
BY_TIME = ("by_time", "period")
"""The name of each index, and its partition key. The sort key is `at`."""
MOMENT = timedelta(microseconds=1)
ONE_HOUR = timedelta(hours=1)
EXTERNAL_RECIPIENTS = 100
"""Recipients that are read of an email from outside: SES accepts 50 of one message.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""
EMAILS = email_key("", "")["pk"]


@dataclass(frozen=True, slots=True)
class TableSource(Source):
    """Reads of the indexes are eventually consistent, all others are consistent.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
    """

    table: Table
    retention: timedelta

    @override
    def entries(
        self, address: str | None, window: Window, position: Position, count: int
    ) -> Stretch:
        if address is not None:
            return self._read(BY_RECIPIENT, address.lower(), window, position, count, None)
        last = position.at if position.partition else position.at - MOMENT
        hour = last.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        period = hour.isoformat()[:HOUR]
        earlier = Position(hour) if hour > window.earliest else None
        of_hour = Window(max(hour, window.earliest), min(hour + ONE_HOUR, window.latest))
        return self._read(BY_TIME, period, of_hour, position, count, earlier)

    @override
    def emails(self, email_ids: Sequence[str]) -> Mapping[str, tuple[EmailRecord, UnitState]]:
        items = self.table.get_many(unit_key(SendUnit(email_id)) for email_id in email_ids)
        return {item["email_id"]: (read_email(item), read_unit(item)) for item in items}

    @override
    def complete(self, emails: Sequence[Found], address: str | None) -> Sequence[Found]:
        items: dict[str, list[Attributes]] = defaultdict(list)

        def read(keys: Iterable[Item]) -> None:
            for item in self.table.get_many(keys):
                items[item["pk"]].append(item)

        read(key for email in emails for key in _keys(email, address))
        large = [email.email_id for email in emails if email.record and email.record.chunk_count]
        if large and address is not None:
            partitions = {email_id: items[email_key(email_id, "")["pk"]] for email_id in large}
            read(key for email_id in large for key in _chunk_keys(email_id, partitions[email_id]))
            read(
                recipient_key(email_id, each)
                for email_id in large
                for each in _spellings(partitions[email_id], address)
            )
        return [
            self._completed(email, items[email_key(email.email_id, "")["pk"]]) for email in emails
        ]

    def _read(
        self,
        index: tuple[str, str],
        key: str,
        window: Window,
        position: Position,
        count: int,
        otherwise: Position | None,
    ) -> Stretch:
        last = window.latest if position.partition else min(window.latest, position.at)
        if window.earliest >= last:
            return Stretch((), otherwise)
        keys, has_more = index_page(
            self.table,
            index,
            key,
            count,
            after=position if position.partition else None,
            between=(window.earliest, last - MOMENT),
        )
        return Stretch(list(map(_entry, keys)), position_of(keys[-1]) if has_more else otherwise)

    def _completed(self, email: Found, items: Sequence[Attributes]) -> Found:
        if email.record is None:
            partition = email_key(email.email_id, "")["pk"]
            found = self.table.between(partition, *RECIPIENTS, EXTERNAL_RECIPIENTS)
            return replace(email, recipients=tuple(map(read_recipient, found)))
        recipients = tuple(read_recipient(item) for item in items if "rank" in item)
        if not email.record.chunk_count:
            return replace(email, recipients=recipients)
        chunks = sorted((item for item in items if "results" in item), key=itemgetter("sk"))
        units = [read_unit(item) for item in chunks]
        kept = sum_counts(item for item in items if "results" not in item)
        return replace(email, units=tuple(units), recipients=recipients, kept=kept)


def index_page(
    table: Table,
    index: tuple[str, str],
    key: str,
    limit: int,
    *,
    after: Position | None = None,
    between: tuple[datetime, datetime] | None = None,
) -> tuple[list[Attributes], bool]:
    """Return the newest keys of a partition of an index, and whether there may be more.

    The keys are those of the index and of the table. The page begins after a position, if any.
    """
    name, key_name = index
    # AT is one of DynamoDB's reserved words.
    condition, names, values = "#key = :key", {"#key": key_name}, {":key": key}
    if between is not None:
        condition += " AND #at BETWEEN :first AND :last"
        names["#at"] = "at"
        first, last = (moment.astimezone(UTC).isoformat() for moment in between)
        values |= {":first": first, ":last": last}
    request: dict[str, Any] = {
        "TableName": table.name,
        "IndexName": name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": _attributes(values),
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if after is not None:
        start = {key_name: key, "at": after.at.isoformat()}
        request["ExclusiveStartKey"] = _attributes(
            start | {"pk": after.partition, "sk": after.sort_key}
        )
    page = table.call("query", request)
    keys: list[Attributes] = list(map(_plain, page["Items"]))
    return keys, "LastEvaluatedKey" in page


def position_of(key: Attributes) -> Position:
    """Return the position after an entry of an index."""
    return Position(datetime.fromisoformat(key["at"]), key["pk"], key["sk"])


def _entry(key: Attributes) -> Entry:
    at, partition = datetime.fromisoformat(key["at"]), key["pk"]
    return Entry(at, partition.removeprefix(EMAILS), partition, key["sk"])


def _keys(email: Found, address: str | None) -> Iterable[Item]:
    """Return the keys of what a row needs beside the email."""
    if email.record is None:
        return
    if not email.record.chunk_count:
        yield from (recipient_key(email.email_id, each) for each in email.units[0].results)
        return
    yield from counts_keys(email.record)
    yield unit_key(SendUnit(email.email_id, 1))
    if address is not None:
        yield pointer_key(email.email_id, address)


def _chunk_keys(email_id: str, items: Sequence[Attributes]) -> Iterable[Item]:
    """Return the key of the chunk that a pointer names. The first chunk is read anyway."""
    numbers = (item["chunk"] for item in items if "chunk" in item)
    return [unit_key(SendUnit(email_id, number)) for number in numbers if number > 1]


def _spellings(items: Sequence[Attributes], address: str) -> Iterable[str]:
    """Return the address as the chunks of a large email spell it."""
    results = (item["results"] for item in items if "results" in item)
    return [each for names in results for each in names if each.lower() == address.lower()]


def _plain(item: Mapping[str, Any]) -> Attributes:
    return {name: from_attribute(value) for name, value in item.items()}


def _attributes(values: Mapping[str, str]) -> dict[str, Any]:
    return {name: to_attribute(value) for name, value in values.items()}
