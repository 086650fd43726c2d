"""The accepted message, and the events that follow it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from local.ses.events.link_tracking import track_html
from local.ses.events.mailbox_simulator import EventStep, mailbox_name, steps_for
from local.ses.messages import Message, bare_address
from local.ses.mime.read import contains_test_virus, header_value
from local.ses.mime.rewrite_html import rewrite_html_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ses.events.link_tracking import Tracking
    from local.ses.messages import Link
    from local.ses.mime.compose import Envelope
    from local.ses.sending.requests import SendRequest

__all__ = ["Caller", "ComposedMessage", "accepted_message", "add_tracking", "event_steps"]


ROLE_KEY = re.compile(r"\d{12}|ASIA\w+")
"""Access keys of the deployed functions: MiniStack gives them the number of the account, or the
session of a role where it checks policies."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of an operation, for the automatic tags and the permission to send.

    `identity` is the access key. `action` is the IAM action that SES checks.
    """

    operation: str
    source_ip: str = "127.0.0.1"
    identity: str = "anonymous"
    action: str = "ses:SendEmail"

    @property
    def is_role(self) -> bool:
        """Whether the caller is a deployed function, with the role that the stack gave it."""
        return ROLE_KEY.fullmatch(self.identity) is not None

    def arn(self, account: str) -> str:
        """Return the ARN of a function's session. The name of its role is not known here."""
        return f"arn:aws:sts::{account}:assumed-role/local/function"


@dataclass(frozen=True, slots=True)
class ComposedMessage:
    """A message with its MIME, which is empty when its template could not be rendered.

    `template` is None without a template and empty for an inline template. `links` are the tracked
    links.
    """

    mime: bytes
    template: str | None = None
    rendering_failure: str | None = None
    links: tuple[Link, ...] = ()


def add_tracking(composed: ComposedMessage, message_id: str, tracking: Tracking) -> ComposedMessage:
    """Return the message with the tracking that its configuration set asks for."""
    links: list[Link] = []

    def rewrite(html: str) -> str:
        result = track_html(html, message_id, tracking)
        links.extend(result.links)
        return result.html

    return replace(composed, mime=rewrite_html_body(composed.mime, rewrite), links=tuple(links))


def accepted_message(
    request: SendRequest,
    envelope: Envelope,
    composed: ComposedMessage,
    caller: Caller,
    account: str,
) -> Message:
    """Return the message that SES accepts with this envelope."""
    tags: dict[str, list[str]] = {}
    for tag in request.tags:
        tags.setdefault(tag["Name"], []).append(tag["Value"])
    return Message(
        id=envelope.message_id,
        accepted_at=envelope.date,
        account=account,
        region=envelope.region,
        operation=caller.operation,
        source=request.source,
        to=tuple(bare_address(to) for to in request.to),
        cc=tuple(bare_address(to) for to in request.cc),
        bcc=tuple(bare_address(to) for to in request.bcc),
        mime=composed.mime,
        subject=header_value(composed.mime, "Subject"),
        configuration_set=request.configuration_set,
        template=composed.template,
        tags=tags,
        source_ip=caller.source_ip,
        caller=caller.identity,
        rendering_failure=composed.rendering_failure,
        loses_events=request.loses_events,
        links=composed.links,
        return_path=request.return_path,
        tenant=request.tenant,
        endpoint_id=request.endpoint_id,
        identity_arn=request.identity_arn,
    )


def event_steps(message: Message, suppressed: Mapping[str, str]) -> list[EventStep]:
    """Return Send and the events of each recipient.

    `suppressed` holds the reasons of the suppression list by address. A Rendering Failure follows
    a Send, because SES publishes the Send of a template before it renders the template.
    """
    send = EventStep("Send")
    if message.rendering_failure:
        return [send, EventStep("Rendering Failure", text=message.rendering_failure)]
    rejects = any(mailbox_name(to) == "reject" for to in message.destinations)
    if rejects or contains_test_virus(message.mime):
        return [send, EventStep("Reject")]
    steps = (steps_for(to, suppressed.get(to)) for to in message.destinations)
    return [send, *chain.from_iterable(steps)]
