"""SES's events as TrackingEvents: what happened to an email after SES accepted it."""

from __future__ import annotations

from amsdal_mail.tracking.details import (
    Bounce,
    Click,
    Complaint,
    Delivery,
    DeliveryDelay,
    Details,
    Open,
    Reject,
    RenderingFailure,
    Subscription,
)
from amsdal_mail.tracking.events import EventKind, TrackingEvent
from amsdal_mail.tracking.parser import parse_event, parse_notification

__all__ = [
    "Bounce",
    "Click",
    "Complaint",
    "Delivery",
    "DeliveryDelay",
    "Details",
    "EventKind",
    "Open",
    "Reject",
    "RenderingFailure",
    "Subscription",
    "TrackingEvent",
    "parse_event",
    "parse_notification",
]
