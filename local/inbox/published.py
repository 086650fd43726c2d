"""The story of an email from the events that SES published, where no stack tells it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from amsdal_mail.console.values import Event, Recipient, Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.ses.messages import KeptMessage

__all__ = ["published_story"]

EVENT_KINDS = {"Rendering Failure": "rendering_failure", "DeliveryDelay": "delivery_delay"}
EVENT_OBJECTS = {"rendering_failure": "failure", "delivery_delay": "deliveryDelay"}


def published_story(email_id: str, messages: Sequence[KeptMessage], problem: str) -> Story:
    """Return the recipients of the messages and the events that SES published of them."""
    addresses = (address for kept in messages for address in kept.message.destinations)
    events = (_event(row["event"], kept) for kept in messages for row in kept.events)
    first = messages[-1].message
    return Story(
        email_id,
        None,
        tuple(Recipient(address, "accepted") for address in dict.fromkeys(addresses)),
        tuple(sorted(events, key=lambda event: event.at)),
        {"from_email": first.source, "created_at": first.accepted_at.isoformat()},
        problem=problem,
    )


def _event(event: Mapping[str, Any], kept: KeptMessage) -> Event:
    event_type = event["eventType"]
    kind = EVENT_KINDS.get(event_type, event_type.lower())
    details = event[EVENT_OBJECTS.get(kind, kind)]
    at = details.get("timestamp") or event["mail"]["timestamp"]
    return Event(datetime.fromisoformat(at), kind, None, kept.message.id)
