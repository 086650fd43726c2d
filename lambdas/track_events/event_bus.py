"""EventBus: publishes tracking events on EventBridge, for the user's own rules."""

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

__all__ = ["DETAIL_TYPES", "SIZE_LIMIT", "EventBus", "PublishError"]

SOURCE = "amsdal_mail"
SIZE_LIMIT = 256_000
"""Bytes of all entries of one PutEvents call: EventBridge accepts 256 KB.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
"""

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
"""SES's own detail types where they exist, so that rules look alike. Only the source differs.

https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
"""


class PublishError(MailError):
    """EventBridge did not accept all entries. The accepted entries will be published again."""


@dataclass(frozen=True, slots=True)
class EventBus:
    """One event bus. It gets each event at least once: `event_id` identifies a repeated event."""

    client: EventBridgeClient
    name: str

    def publish(self, events: Iterable[TrackingEvent]) -> None:
        """Publish the events.

        Raises:
            PublishError: EventBridge refused some of them because of throttling or an outage.
        """
        entries = [_entry(event, self.name) for event in events]
        for batch in batches(entries, _size, SIZE_LIMIT):
            response = self.client.put_events(Entries=batch)
            if response["FailedEntryCount"]:
                codes = {
                    entry["ErrorCode"] for entry in response["Entries"] if "ErrorCode" in entry
                }
                raise PublishError(
                    f"{response['FailedEntryCount']} of {len(batch)} entries:"
                    f" {', '.join(sorted(codes)) or 'no error code'}"
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
