"""The list of messages: the messages of a search, with their states."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amsdal_mail.console.labels import DEFAULT_LABEL, Label, most_urgent, state_label
from local.inbox.deployed_stack import StackEmail

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from local.inbox.deployed_stack import DeployedStack
    from local.ses.messages import KeptMessage, Messages

__all__ = ["Listing", "Search", "email_id", "list_messages"]

MAX_ROWS = 100


@dataclass(frozen=True, slots=True)
class Search:
    """Words that a message must all contain, and a state. Both may be empty."""

    text: str = ""
    state: str = ""

    @classmethod
    def from_query(cls, query: QueryParams) -> Search:
        """Read the query of a page's URL."""
        return cls(query.get("q", "").strip(), query.get("state", ""))

    def matches(self, kept: KeptMessage) -> bool:
        """Return whether subject, addresses, ids and tags contain every word.

        The subject of a sensitive message is not searched.
        """
        message = kept.message
        tags = (f"{name}={','.join(values)}" for name, values in message.tags.items())
        subject = message.listed_subject or ""
        searched = (subject, message.source, *message.destinations, message.id, *tags)
        text = "\n".join(searched).lower()
        return all(word in text for word in self.text.lower().split())


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the list."""

    kept: KeptMessage
    label: Label
    state: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest rows. `total` counts all messages that match the search."""

    rows: list[Row]
    total: int


def email_id(kept: KeptMessage) -> str | None:
    """Return the id that the stack put on the message as a tag."""
    return next(iter(kept.message.tags.get("email_id", ())), None)


async def list_messages(messages: Messages, stack: DeployedStack, search: Search) -> Listing:
    """Return the messages of a search. A state is searched among the newest messages only."""
    matches = [kept for kept in messages.newest_first() if search.matches(kept)]
    shown = matches[:MAX_ROWS]
    emails = await _emails(shown, stack)
    rows = [_row(kept, emails[email_id(kept)]) for kept in shown]
    if search.state:
        rows = [row for row in rows if row.state == search.state]
        return Listing(rows, len(rows))
    return Listing(rows, len(matches))


async def _emails(shown: list[KeptMessage], stack: DeployedStack) -> dict[str | None, StackEmail]:
    """Return the emails by id. A personalized email has a message for each recipient."""
    versions: Counter[str | None] = Counter()
    for kept in shown:
        versions[email_id(kept)] += len(kept.events)
    emails = await asyncio.gather(*(stack.email(*version) for version in versions.items()))
    return dict(zip(versions, emails, strict=True))


def _row(kept: KeptMessage, email: StackEmail) -> Row:
    state = most_urgent(email.states(kept.message.destinations))
    return Row(kept, state_label(state) if state else DEFAULT_LABEL, state)
