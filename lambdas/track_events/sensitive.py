"""Takes out of the events of sensitive email what the service neither stores nor publishes."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsdal_mail.tracking import Details, TrackingEvent

__all__ = ["hide_content"]

LINK = re.compile(r"https?://\S+", re.IGNORECASE)
HIDDEN_LINK = "(link)"


def hide_content(event: TrackingEvent) -> TrackingEvent:
    """Return the event of a sensitive email without the JSON of SES and without links.

    The JSON has the subject and all headers:
    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html.
    A mail server may quote a link of the message in its refusal.
    """
    return replace(event, raw={}, details=event.details and _without_links(event.details))


def _without_links(details: Details) -> Details:
    texts = {field.name: getattr(details, field.name) for field in fields(details)}
    hidden: dict[str, Any] = {
        name: LINK.sub(HIDDEN_LINK, text) for name, text in texts.items() if isinstance(text, str)
    }
    return replace(details, **hidden)
