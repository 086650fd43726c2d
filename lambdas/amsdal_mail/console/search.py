"""The search of the list: the filters of the API, and words that the pages look for themselves."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from amsdal_mail.console.values import Filters

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amsdal_mail.console.source import Source
    from amsdal_mail.console.values import Email

__all__ = ["Listing", "Search", "list_emails"]

ROWS = 50
"""A list is as long as a page of the API, or a few rows more."""
CALLS = 6
"""Pages of the API that one list asks for at most, of 50 emails each."""
PATIENCE_SECONDS = 2.0
"""After this time, a list asks for no further page."""
NAMES = {
    "recipient": "recipient", "state": "state", "tag": "tag", "template": "template",
    "stream": "stream", "from": "start", "to": "end",
}  # fmt: skip
"""The attributes of Filters, by the names of the page's query, which are those of the API."""
TEXT_LIMIT = 1_000
"""Characters of a value in the query."""


@dataclass(frozen=True, slots=True)
class Search:
    """Words that an email must all contain, filters, and the place where the list goes on."""

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    cursor: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Search:
        """Read the query of a page's URL."""
        values = {field: query.get(name, "").strip()[:TEXT_LIMIT] for name, field in NAMES.items()}
        text = query.get("q", "").strip()[:TEXT_LIMIT]
        return cls(text, Filters(**values), query.get("cursor", ""))

    @property
    def is_empty(self) -> bool:
        """Return whether the search finds all emails."""
        return not self.text and not self.filters.query()

    @property
    def query(self) -> str:
        """Return the query of the URL, without the cursor."""
        text = {"q": self.text} if self.text else {}
        return urlencode(text | self.filters.query())

    def older(self, cursor: str) -> str:
        """Return the query of the URL of the next page."""
        return "&".join(filter(None, (self.query, urlencode({"cursor": cursor}))))

    def matches(self, email: Email, more: str) -> bool:
        """Return whether the email contains every word."""
        words = self.text.lower().split()
        return not words or _contains(words, email, more)


@dataclass(frozen=True, slots=True)
class Listing:
    """The emails of a search, newest first.

    `looked_at` is the number of emails whose words were compared. The search got to `since`.
    """

    emails: tuple[Email, ...]
    looked_at: int
    since: datetime | None
    next_cursor: str | None


async def list_emails(source: Source, search: Search) -> Listing:
    """Return the emails of a search. Raises SourceError.

    A search for words asks for a few pages, until it has enough rows; any other one until it has
    some. What it leaves, the next page finds.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    enough = ROWS if search.text else 1
    found: dict[str, Email] = {}
    looked_at, since = 0, None
    cursor: str | None = search.cursor or None
    for _ in range(CALLS):
        page = await source.find(search.filters, cursor)
        looked_at += len(page.emails)
        matches = (email for email in page.emails if search.matches(email, source.words(email)))
        found.update((email.id, email) for email in matches if email.id not in found)
        since = page.window[0] if page.window else since
        cursor = page.next_cursor
        if cursor is None or len(found) >= enough or time.monotonic() > deadline:
            break
    return Listing(tuple(found.values()), looked_at, since, cursor)


def _contains(words: list[str], email: Email, more: str) -> bool:
    pairs = (f"{name}={value}" for name, value in email.metadata.items())
    subject = "" if email.is_sensitive else email.subject
    texts = (
        subject, email.sender, *email.addresses, email.id, *email.tags, *pairs,
        email.template or "", more,
    )  # fmt: skip
    searched = "\n".join(texts).lower()
    return all(word in searched for word in words)
