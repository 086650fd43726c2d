"""Publish events on the EventBridge bus, for the user's own rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amsdal_mail.batching import batches
from amsdal_mail.exceptions import MailError
from amsdal_mail.tracking import EventKind, TrackingEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from types_boto3_events import EventBridgeClient
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

__all__ = ["EventBus", "PublishError"]

SOURCE = "amsdal_mail"
SIZE_LIMIT = 256_000
"""Bytes of one PutEvents call, all its entries together: EventBridge takes 256 KB."""

DETAIL_TYPES = {
    EventKind.SEND: "Email Sent",
    EventKind.DELIVERY: "Email Delivered",
    EventKind.BOUNCE: "Email Bounced",
    EventKind.COMPLAINT: "Email Complaint Received",
    EventKind.REJECT: "Email Rejected",
    EventKind.OPEN: "Email Opened",
    EventKind.CLICK: "Email Clicked",
    EventKind.RENDERING_FAILURE: "Email Rendering Failed",
    EventKind.DELIVERY_DELAY: "Email Delivery Delayed",
    EventKind.SUBSCRIPTION: "Email Subscribed",
    EventKind.UNKNOWN: "Email Event Of Unknown Kind",
}
"""SES's own detail types where it has one, so that rules read alike; only the source differs."""


class PublishError(MailError):
    """EventBridge did not take every entry. Those it took will be published again."""


@dataclass(frozen=True, slots=True)
class EventBus:
    """One bus. Publishes at least once: `event_id` tells a consumer what it has seen before."""

    client: EventBridgeClient
    name: str

    def publish(self, events: Iterable[TrackingEvent]) -> None:
        """Publish the events.

        Raises:
            PublishError: EventBridge refused some of them, for throttling or an outage.
        """
        entries = [_entry(event, self.name) for event in events]
        for batch in batches(entries, _size, SIZE_LIMIT):
            answer = self.client.put_events(Entries=batch)
            if answer["FailedEntryCount"]:
                codes = {one["ErrorCode"] for one in answer["Entries"] if "ErrorCode" in one}
                raise PublishError(
                    f"{answer['FailedEntryCount']} of {len(batch)} entries:"
                    f" {', '.join(sorted(codes)) or 'no code given'}"
                )


def _entry(event: TrackingEvent, bus_name: str) -> PutEventsRequestEntryTypeDef:
    content = {
        **event.to_dict(),
        "is_permanent": event.is_permanent,
        "should_suppress": event.should_suppress,
    }
    detail = json.dumps(content, ensure_ascii=False)
    if len(detail.encode()) > SIZE_LIMIT - 1_000:
        detail = json.dumps({**content, "details": {}, "details_too_large": True})
    return {
        "EventBusName": bus_name,
        "Source": SOURCE,
        "DetailType": DETAIL_TYPES[event.kind],
        "Detail": detail,
    }


def _size(entry: PutEventsRequestEntryTypeDef) -> int:
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
