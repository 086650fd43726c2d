"""MessageStory: the recipients and the timeline of a message, as a page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from amsdal_mail.console.labels import DEFAULT_LABEL, Label, event_label, state_label, summary_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.inbox.deployed_stack import StackEmail
    from local.ses.messages import KeptMessage, Message

__all__ = ["MessageStory", "build_story"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient with its state in the stack."""

    address: str
    label: Label
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the timeline. `recipient` is None where the message has only one recipient."""

    at: datetime
    label: Label
    recipient: str | None
    lines: list[str]


@dataclass(frozen=True, slots=True)
class MessageStory:
    """The recipients and events of a message.

    `problem` is the reason why they do not come from the stack. `expected` is the number of
    events that SES published.
    """

    recipients: list[Recipient]
    events: list[Event]
    tags: list[str]
    metadata: Mapping[str, str]
    problem: str | None = None
    expected: int = 0


def build_story(kept: KeptMessage, email: StackEmail) -> MessageStory:
    """Return the story of a message from the stack, or else from the events of SES."""
    message = kept.message
    if email.content is None:
        return MessageStory(
            [Recipient(address, DEFAULT_LABEL) for address in message.destinations],
            [_published(row["event"]) for row in kept.events],
            [],
            {},
            email.problem,
        )
    record = email.content.get("email") or {}
    return MessageStory(
        list(_recipients(email.content["recipients"], message)),
        _timeline(email.content["timeline"], message),
        record.get("tags", []),
        record.get("metadata", {}),
        expected=sum(bool(row["topics"]) for row in kept.events),
    )


def _recipients(rows: Iterable[Mapping[str, Any]], message: Message) -> Iterable[Recipient]:
    by_address = {row["address"].lower(): row for row in rows}
    for address in message.destinations:
        row = by_address.get(address.lower())
        if row is None:
            yield Recipient(address, state_label("unknown"))
        else:
            error = row["error_message"] or row["error_code"]
            yield Recipient(address, state_label(row["state"]), error)


def _timeline(rows: Iterable[Mapping[str, Any]], message: Message) -> list[Event]:
    """Return the events of this message. An email can have several messages."""
    has_several = len(message.destinations) > 1
    return [
        Event(
            datetime.fromisoformat(row["at"]),
            event_label(row["kind"]),
            row["recipient"] if has_several else None,
            summary_lines(row["details"]),
        )
        for row in rows
        if row["message_id"] == message.id
    ]


EVENT_KINDS = {"Rendering Failure": "rendering_failure", "DeliveryDelay": "delivery_delay"}
EVENT_OBJECTS = {"rendering_failure": "failure", "delivery_delay": "deliveryDelay"}


def _published(event: Mapping[str, Any]) -> Event:
    event_type = event["eventType"]
    kind = EVENT_KINDS.get(event_type, event_type.lower())
    details = event[EVENT_OBJECTS.get(kind, kind)]
    at = details.get("timestamp") or event["mail"]["timestamp"]
    return Event(datetime.fromisoformat(at), event_label(kind), None, [])
