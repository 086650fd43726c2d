"""A story as a page shows it: who is where, and what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.inbox.labels import Word, event_label, state_label, summary_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.inbox.deployed_stack import StackEmail
    from local.ses.messages import KeptMessage, Message


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient with the state the stack gives."""

    address: str
    label: Word
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline; `recipient` is None where there is only one."""

    at: datetime
    label: Word
    recipient: str | None
    lines: list[str]


@dataclass(frozen=True, slots=True)
class MessageStory:
    """Everything of a message's story. `problem` says why it is not the stack's."""

    recipients: list[Recipient]
    events: list[Event]
    tags: list[str]
    metadata: Mapping[str, str]
    problem: str | None = None
    expected: int = 0


def build_story(kept: KeptMessage, story: StackEmail) -> MessageStory:
    """The stack's story of this message; without one, the events that SES published."""
    message = kept.message
    if story.content is None:
        return MessageStory(
            [Recipient(to, Word("Accepted", "calm")) for to in message.destinations],
            [_published(row["event"]) for row in kept.events],
            [],
            {},
            story.problem,
        )
    record = story.content.get("email") or {}
    return MessageStory(
        list(_recipients(story.content["recipients"], message)),
        _timeline(story.content["timeline"], message),
        record.get("tags", []),
        record.get("metadata", {}),
        expected=sum(bool(row["topics"]) for row in kept.events),
    )


def _recipients(rows: Iterable[Mapping[str, Any]], message: Message) -> Iterable[Recipient]:
    by_address = {row["address"].lower(): row for row in rows}
    for address in message.destinations:
        row = by_address.get(address.lower())
        if row is None:
            yield Recipient(address, Word("Unknown", "warn"))
        else:
            error = row["error_message"] or row["error_code"]
            yield Recipient(address, state_label(row["state"]), error)


def _timeline(rows: Iterable[Mapping[str, Any]], message: Message) -> list[Event]:
    """An email may have several messages: only this one's events."""
    several = len(message.destinations) > 1
    return [
        Event(
            datetime.fromisoformat(row["at"]),
            event_label(row["kind"]),
            row["recipient"] if several else None,
            summary_lines(row["details"]),
        )
        for row in rows
        if row["message_id"] == message.id
    ]


_KINDS = {"Rendering Failure": "rendering_failure", "DeliveryDelay": "delivery_delay"}


def _published(event: Mapping[str, Any]) -> Event:
    kind = event["eventType"]
    name = _KINDS.get(kind, kind.lower())
    key = {"rendering_failure": "failure", "delivery_delay": "deliveryDelay"}.get(name, name)
    at = event[key].get("timestamp") or event["mail"]["timestamp"]
    return Event(datetime.fromisoformat(at), event_label(name), None, [])
