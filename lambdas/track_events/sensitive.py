"""Takes out of the events of sensitive email what the service neither stores nor publishes."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amsdal_mail.tracking import Details, TrackingEvent

__all__ = ["hide_content"]

SMTP_CODES = re.compile(
    r"\s*(?:smtp\s*;\s*)?([245][0-5][0-9])(?:[ -]+([245]\.[0-9]{1,3}\.[0-9]{1,3}))?(?![^\s-])",
    re.IGNORECASE | re.ASCII,
)
"""The codes at the start of a server's response: https://www.rfc-editor.org/rfc/rfc3463."""
SERVER_TEXTS = {"diagnostic_code", "smtp_response"}
LINK = re.compile(r"https?://\S+", re.IGNORECASE)
HIDDEN_LINK = "(link)"


def hide_content(event: TrackingEvent) -> TrackingEvent:
    """Return the event of a sensitive email without the JSON of SES, links and servers' words.

    The JSON has the subject and all headers:
    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html.
    A mail server may quote the message in its refusal, in any form. Only its codes are kept.
    """
    return replace(event, raw={}, details=event.details and _without_content(event.details))


def _without_content(details: Details) -> Details:
    texts = {field.name: getattr(details, field.name) for field in fields(details)}
    hidden: dict[str, Any] = {
        name: _hidden(name, text) for name, text in texts.items() if isinstance(text, str)
    }
    return replace(details, **hidden)


def _hidden(name: str, text: str) -> str | None:
    if name == "link":
        return HIDDEN_LINK
    return _codes(text) if name in SERVER_TEXTS else LINK.sub(HIDDEN_LINK, text)


def _codes(text: str) -> str | None:
    """Return `smtp; 550 5.1.1` of a response, or None when it does not begin with a code."""
    found = SMTP_CODES.match(text)
    return f"smtp; {' '.join(filter(None, found.groups()))}" if found else None
