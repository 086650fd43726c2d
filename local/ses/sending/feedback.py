"""Events made on demand: what a person lets a recipient do with a kept message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from local.ses.account import SuppressionEntry
from local.ses.events.mailbox_simulator import BOUNCES, SIMULATOR_DOMAIN, EventStep
from local.ses.messages import new_id

if TYPE_CHECKING:
    from local.ses.messages import Message
    from local.ses.sending.simulator import Simulator


class Feedback(BaseModel):
    """One thing that happens to a message; `recipient` defaults to every one of them.

    `bounce` is a row of the mailbox simulator (bounce, suppressionlist, mailboxfull, toolarge,
    undetermined), `complaint` a feedback type (abuse, not-spam, ...), `delay` a delayType.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "delivery", "bounce", "complaint", "delay", "reject", "open", "click", "unsubscribe"
    ]
    recipient: str | None = None
    bounce: Literal["bounce", "suppressionlist", "mailboxfull", "toolarge", "undetermined"] = (
        "bounce"
    )
    complaint: str = "abuse"
    delay: str = "TransientCommunicationFailure"
    contact_list: str = "local"
    link: str = "https://example.com/"
    link_tags: dict[str, list[str]] | None = None
    user_agent: str = "Mozilla/5.0 (local SES)"
    ip: str = "127.0.0.1"


def event_step(feedback: Feedback, message: Message) -> EventStep:
    """The event step of a feedback."""
    to = (feedback.recipient,) if feedback.recipient else message.destinations
    match feedback.kind:
        case "delivery":
            return EventStep("Delivery", to)
        case "bounce":
            row = BOUNCES[feedback.bounce]
            return EventStep("Bounce", to, type=row[0], sub=row[1], status=row[2], text=row[3])
        case "complaint":
            return EventStep("Complaint", to, sub=feedback.complaint)
        case "delay":
            return EventStep("DeliveryDelay", to, sub=feedback.delay)
        case "reject":
            return EventStep("Reject")
        case "unsubscribe":
            return EventStep("Subscription", to, sub=feedback.contact_list)
    return EventStep(
        "Open" if feedback.kind == "open" else "Click",
        sub=feedback.link,
        user_agent=feedback.user_agent,
        ip=feedback.ip,
        link_tags=feedback.link_tags,
    )


def suppress_recipients(ses: Simulator, message: Message, happened: EventStep) -> None:
    """Hard bounces and complaints put the address on the account suppression list.

    A not-spam report does not, nor does the mailbox simulator.
    """
    hard = happened.kind == "Bounce" and happened.type == "Permanent"
    complained = happened.kind == "Complaint" and happened.sub != "not-spam"
    reason = "BOUNCE" if hard else "COMPLAINT"
    if not (hard or complained) or reason not in ses.account.suppressed_reasons:
        return
    now = ses.now()
    for address in happened.recipients:
        if not address.lower().endswith("@" + SIMULATOR_DOMAIN):
            feedback_id = new_id(now, ses.region)
            entry = SuppressionEntry(address, reason, now, message.id, feedback_id)
            ses.account.suppression.put(entry)
