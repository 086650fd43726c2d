"""The messages SES took, kept in memory with their MIME and the events made for them."""

from __future__ import annotations

import re
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Json = dict[str, Any]

# The id's first group starts with a number of the region; these are the ones seen in public mail.
_REGION_PREFIX = {"us-east-1": "0100", "us-west-2": "0101", "eu-west-1": "0102"}


def new_id(now: datetime, region: str) -> str:
    """A message or feedback id shaped like SES's: region and milliseconds, a UUID, six digits."""
    milliseconds = int(now.timestamp() * 1000)
    return f"{_REGION_PREFIX.get(region, '0107')}{milliseconds:012x}-{uuid.uuid4()}-000000"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a tracked link of a message leads; `tags` are its Click event's linkTags."""

    url: str
    tags: Mapping[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message SES accepted: what a MessageId stands for."""

    id: str
    accepted_at: datetime
    account: str
    region: str
    operation: str
    source: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    mime: bytes
    subject: str | None = None
    configuration_set: str | None = None
    template: str | None = None
    tags: Mapping[str, list[str]] = field(default_factory=dict)
    source_ip: str = "127.0.0.1"
    caller: str = "test"
    rendering_failure: str | None = None
    loses_events: bool = False
    links: tuple[Link, ...] = ()

    @property
    def destinations(self) -> tuple[str, ...]:
        """Every recipient, To then Cc then Bcc, each once."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.bcc)))


@dataclass(slots=True)
class KeptMessage:
    """A message and the events that were made for it, with how publishing each one went."""

    message: Message
    events: list[Json] = field(default_factory=list)


class Messages:
    """Keeps the newest `limit` messages; older ones are forgotten."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, KeptMessage] = OrderedDict()

    def add(self, message: Message) -> None:
        """Keep a message, dropping the oldest beyond the limit."""
        self._kept[message.id] = KeptMessage(message)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def get(self, message_id: str) -> KeptMessage | None:
        """The message of that id, or None when it is unknown or forgotten."""
        return self._kept.get(message_id)

    def newest_first(self) -> list[KeptMessage]:
        """All kept messages."""
        return list(reversed(self._kept.values()))

    def record(self, message_id: str, event: Json, topics: list[str]) -> None:
        """Note an event and the topics that took it (none: no destination asked for its kind)."""
        if kept := self._kept.get(message_id):
            kept.events.append({"event": event, "topics": topics})

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


def bare_address(address: str) -> str:
    """`Ann <ann@example.com>` → `ann@example.com`, of an address already checked."""
    found = re.search(r"<([^<>]*)>\s*$", address)
    return (found.group(1) if found else address).strip()
