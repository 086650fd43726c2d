"""The list of messages: what was searched for, with the state each one has reached."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.inbox.deployed_stack import StackEmail
from local.inbox.labels import DEFAULT_WORD, Word, most_urgent, state_label

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from local.inbox.deployed_stack import DeployedStack
    from local.ses.messages import KeptMessage, Messages

ROWS = 100


@dataclass(frozen=True, slots=True)
class Search:
    """Words that all have to be found, and a state; both may be empty."""

    text: str = ""
    state: str = ""

    @classmethod
    def from_query(cls, query: QueryParams) -> Search:
        """From a page's address."""
        return cls(query.get("q", "").strip(), query.get("state", ""))

    def matches(self, kept: KeptMessage) -> bool:
        """Whether subject, addresses, ids and tags hold every word."""
        message = kept.message
        tags = (f"{name}={','.join(values)}" for name, values in message.tags.items())
        parts = (message.subject or "", message.source, *message.destinations, message.id, *tags)
        hay = "\n".join(parts).lower()
        return all(word in hay for word in self.text.lower().split())


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the list."""

    kept: KeptMessage
    label: Word
    state: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest rows; `found` counts all messages that the words match."""

    rows: list[Row]
    found: int


def email_id(kept: KeptMessage) -> str | None:
    """The id that the stack put on the message as a tag."""
    return next(iter(kept.message.tags.get("email_id", ())), None)


async def listing(messages: Messages, stack: DeployedStack, search: Search) -> Listing:
    """What the search finds; a state is looked for among the newest messages only."""
    found = [kept for kept in messages.newest_first() if search.matches(kept)]
    shown = found[:ROWS]
    stories = await _stories(shown, stack)
    rows = [_row(kept, stories[email_id(kept)]) for kept in shown]
    if search.state:
        rows = [row for row in rows if row.state == search.state]
        return Listing(rows, len(rows))
    return Listing(rows, len(found))


async def _stories(shown: list[KeptMessage], stack: DeployedStack) -> dict[str | None, StackEmail]:
    """One for each email: one with merge data has as many messages as recipients."""
    versions: Counter[str | None] = Counter()
    for kept in shown:
        versions[email_id(kept)] += len(kept.events)
    found = await asyncio.gather(*(stack.email(*version) for version in versions.items()))
    return dict(zip(versions, found, strict=True))


def _row(kept: KeptMessage, story: StackEmail) -> Row:
    state = most_urgent(story.states(kept.message.destinations))
    return Row(kept, state_label(state) if state else DEFAULT_WORD, state)
