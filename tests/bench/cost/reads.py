"""The read units of one page of the search, over the items that the bench wrote."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.search import EmailQuery
from tests.bench.cost.table_units import INDEXES, item_size
from tests.email_table import HASHES

__all__ = ["Page", "page_of"]

Json = dict[str, Any]
READ_BYTES = 4096
EVENTUAL = 0.5
"""The share of an eventually consistent read."""


class Page:
    """A table that counts what the search reads of it."""

    def __init__(self, items: Mapping[str, Json]) -> None:
        self.units = 0.0
        self.calls = 0
        self.emails = 0
        self._items = items

    def query(self, **request: Any) -> Json:
        values = request["ExpressionAttributeValues"]
        key = INDEXES[request["IndexName"]]
        entries = [
            {name: item[name] for name in (key, "at", "pk", "sk")}
            for item in self._items.values()
            if item.get(key) == values[":key"] and "at" in item
        ]
        first, last = values[":first"]["S"], values[":last"]["S"]
        newest = sorted(entries, key=lambda entry: str(entry["at"]), reverse=True)
        found = [entry for entry in newest if first <= entry["at"]["S"] <= last]
        found = found[: request["Limit"]]
        self.calls += 1
        self.units += EVENTUAL * _units(sum(map(item_size, found)))
        return {"Items": found}

    def batch_get_item(self, **request: Any) -> Json:
        self.calls += 1
        found = []
        ((name, asked),) = request["RequestItems"].items()
        for key in asked["Keys"]:
            item = self._items.get(f"{key['pk']['S']} {key['sk']['S']}")
            self.units += _units(item_size(item) if item else 0)
            found += [item] if item else []
        return {"Responses": {name: found}}


def page_of(items: Mapping[str, Json], recipient: str | None, limit: int) -> Page:
    """Find the first page of the newest hour, or of a recipient."""
    page = Page(items)
    store = DynamoDBEmailStore(page, "emails", timedelta(days=30), HASHES)  # type: ignore[arg-type]
    now = datetime.now(UTC)
    query = EmailQuery(recipient=recipient, since=now - timedelta(minutes=30))
    page.emails = len(store.find_emails(query, now=now, limit=limit).rows)
    return page


def _units(size: int) -> int:
    return max(1, math.ceil(size / READ_BYTES))
