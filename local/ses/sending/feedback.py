"""Events on demand: simulates the reaction of a recipient to a kept message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from local.ses.account import SuppressionEntry
from local.ses.events.mailbox_simulator import BOUNCES, SIMULATOR_DOMAIN, EventStep
from local.ses.messages import new_id

if TYPE_CHECKING:
    from local.ses.messages import Message
    from local.ses.sending.simulator import Simulator

__all__ = ["Feedback", "event_step", "suppress_recipients"]


class Feedback(BaseModel):
    """An event to simulate. Without a `recipient`, it concerns all of them.

    `bounce` is a row of the mailbox simulator, `complaint` a feedback type (abuse, not-spam, ...),
    `delay` a delayType. A program, not a person, made the open or click with `bot`.
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
    bot: bool = False


def event_step(feedback: Feedback, message: Message) -> EventStep:
    """Return the event step of a feedback."""
    recipients = (feedback.recipient,) if feedback.recipient else message.destinations
    match feedback.kind:
        case "delivery":
            return EventStep("Delivery", recipients)
        case "bounce":
            kind, sub, status, text = BOUNCES[feedback.bounce]
            return EventStep("Bounce", recipients, type=kind, sub=sub, status=status, text=text)
        case "complaint":
            return EventStep("Complaint", recipients, sub=feedback.complaint)
        case "delay":
            return EventStep("DeliveryDelay", recipients, sub=feedback.delay)
        case "reject":
            return EventStep("Reject")
        case "unsubscribe":
            return EventStep("Subscription", recipients, sub=feedback.contact_list)
    return EventStep(
        "Open" if feedback.kind == "open" else "Click",
        sub=feedback.link,
        user_agent=feedback.user_agent,
        ip=feedback.ip,
        link_tags=feedback.link_tags,
        is_bot=feedback.bot,
    )


def suppress_recipients(ses: Simulator, message: Message, step: EventStep) -> None:
    """Add the recipients of a hard bounce or a complaint to the suppression list.

    A not-spam report adds no address. Addresses of the mailbox simulator are never added.
    https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
    """
    is_hard_bounce = step.kind == "Bounce" and step.type == "Permanent"
    is_complaint = step.kind == "Complaint" and step.sub != "not-spam"
    reason = "BOUNCE" if is_hard_bounce else "COMPLAINT"
    if not (is_hard_bounce or is_complaint) or reason not in ses.account.suppressed_reasons:
        return
    now = ses.now()
    for address in step.recipients:
        if not address.lower().endswith("@" + SIMULATOR_DOMAIN):
            feedback_id = new_id(now, ses.region)
            entry = SuppressionEntry(address, reason, now, message.id, feedback_id)
            ses.account.suppression.put(entry)
