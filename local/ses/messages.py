"""The messages that SES accepted, kept in memory with their MIME and their events."""

from __future__ import annotations

import re
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = [
    "SENSITIVE_TAG",
    "Json",
    "KeptMessage",
    "Link",
    "Message",
    "Messages",
    "bare_address",
    "new_id",
]

Json = dict[str, Any]

SENSITIVE_TAG = "email_sensitive"
"""The message tag of an email whose subject and content no list may show."""
REGION_PREFIXES = {"us-east-1": "0100", "us-west-2": "0101", "eu-west-1": "0102"}
"""The start of an id by region, as seen in public mail."""
OTHER_REGION_PREFIX = "0107"


def new_id(now: datetime, region: str) -> str:
    """Return a message or feedback id in the form of SES: region and time, a UUID, six digits."""
    milliseconds = int(now.timestamp() * 1000)
    prefix = REGION_PREFIXES.get(region, OTHER_REGION_PREFIX)
    return f"{prefix}{milliseconds:012x}-{uuid.uuid4()}-000000"


@dataclass(frozen=True, slots=True)
class Link:
    """The target of a tracked link. `tags` are the linkTags of its Click events."""

    url: str
    tags: Mapping[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that SES accepted. `id` is its MessageId.

    A message with `loses_events` publishes no events. Bounces and complaints go to `return_path`.
    """

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
    return_path: str | None = None
    tenant: str | None = None
    endpoint_id: str | None = None
    identity_arn: str | None = None

    @property
    def is_sensitive(self) -> bool:
        """Return whether the sender marked the message as sensitive."""
        return SENSITIVE_TAG in self.tags

    @property
    def listed_subject(self) -> str | None:
        """Return the subject as a list may show it, None for a sensitive message."""
        return None if self.is_sensitive else self.subject

    @property
    def destinations(self) -> tuple[str, ...]:
        """Return all recipients, To then Cc then Bcc, without duplicates."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.bcc)))


@dataclass(slots=True)
class KeptMessage:
    """A message, and its events with the topics that each event was published to."""

    message: Message
    events: list[Json] = field(default_factory=list)


class Messages:
    """The newest messages, up to a limit."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, KeptMessage] = OrderedDict()

    def add(self, message: Message) -> None:
        """Keep a message. The oldest messages above the limit are deleted."""
        self._kept[message.id] = KeptMessage(message)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def get(self, message_id: str) -> KeptMessage | None:
        """Return the message of that id, None if it is unknown or deleted."""
        return self._kept.get(message_id)

    def newest_first(self) -> list[KeptMessage]:
        """Return all kept messages, newest first."""
        return list(reversed(self._kept.values()))

    def record(self, message_id: str, event: Json, topics: list[str]) -> None:
        """Add an event to its message, with the topics that it was published to.

        `topics` is empty when no event destination asks for events of this kind.
        """
        if kept := self._kept.get(message_id):
            kept.events.append({"event": event, "topics": topics})

    def clear(self) -> None:
        """Delete all messages."""
        self._kept.clear()


def bare_address(address: str) -> str:
    """Return `ann@example.com` of `Ann <ann@example.com>`. The address must be valid."""
    match = re.search(r"<([^<>]*)>\s*$", address)
    return (match.group(1) if match else address).strip()
