"""The events of a recipient: the addresses of the mailbox simulator, and a few of our own.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BOUNCES",
    "SIMULATOR_DOMAIN",
    "EventStep",
    "mailbox_name",
    "steps_for",
]

SIMULATOR_DOMAIN = "simulator.amazonses.com"

Kind = Literal[
    "Send",
    "Delivery",
    "Bounce",
    "Complaint",
    "Reject",
    "Open",
    "Click",
    "Rendering Failure",
    "DeliveryDelay",
    "Subscription",
]


@dataclass(frozen=True, slots=True)
class EventStep:
    """An event to publish, and its differences from a plain event of its kind.

    `sub` is the subtype of a bounce, the feedback type of a complaint, the type of a delay, the
    contact list of a subscription or the clicked link. `text` is a diagnostic or an error message.
    `is_bot` is true for an open or a click that a program made, not a person.
    """

    kind: Kind
    recipients: tuple[str, ...] = ()
    type: str | None = None
    sub: str | None = None
    status: str | None = None
    text: str | None = None
    user_agent: str = "Mozilla/5.0 (local SES)"
    ip: str = "127.0.0.1"
    link_tags: dict[str, list[str]] | None = None
    is_bot: bool = False


HARD_BOUNCE = ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown")
SUPPRESSION_GUIDE = (
    "For more information about how to remove an email address from the suppression list, "
    "see the Amazon SES Developer Guide."
)
GLOBALLY_SUPPRESSED = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing "
    f"as an invalid address. {SUPPRESSION_GUIDE}"
)
ACCOUNT_SUPPRESSED = (
    "Amazon SES did not send the message to this address because it is on the suppression list for "
    f"your account. {SUPPRESSION_GUIDE}"
)

BOUNCES: dict[str, tuple[str, str, str | None, str | None]] = {
    "bounce": HARD_BOUNCE,
    "suppressionlist": ("Permanent", "Suppressed", "5.1.1", GLOBALLY_SUPPRESSED),
    "mailboxfull": ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
    "toolarge": ("Transient", "MessageTooLarge", "5.3.4", "smtp; 552 5.3.4 message too large"),
    "undetermined": ("Undetermined", "Undetermined", None, None),
}
"""The bounces by mailbox: type, subtype, status, diagnostic code."""


BOT = "Mozilla/5.0 (compatible; local-scanner-bot)"


def mailbox_name(address: str) -> str | None:
    """Return the simulator mailbox of an address without its +label.

    Return None for an address of another domain.
    """
    local, _, domain = address.rpartition("@")
    if domain.lower() != SIMULATOR_DOMAIN:
        return None
    return local.partition("+")[0].lower()


def bounce(address: str, row: tuple[str, str, str | None, str | None]) -> EventStep:
    """Return the bounce of one recipient, from a row of `BOUNCES`."""
    return EventStep("Bounce", (address,), type=row[0], sub=row[1], status=row[2], text=row[3])


def steps_for(address: str, suppressed: str | None = None) -> list[EventStep]:
    """Return the events of a recipient after Send.

    `suppressed` is the reason on the suppression list, None for an address that is not on it.
    """
    if suppressed == "COMPLAINT":
        return [EventStep("Complaint", (address,), type="OnAccountSuppressionList")]
    if suppressed == "BOUNCE":
        row = ("Permanent", "OnAccountSuppressionList", "5.1.1", ACCOUNT_SUPPRESSED)
        return [bounce(address, row)]
    delivery = EventStep("Delivery", (address,))
    mailbox = mailbox_name(address)
    if mailbox in BOUNCES:
        return [bounce(address, BOUNCES[mailbox])]
    match mailbox:
        case "ooto":
            # An out-of-office reply is a Transient bounce after the delivery.
            return [delivery, bounce(address, ("Transient", "General", None, None))]
        case "complaint":
            return [delivery, EventStep("Complaint", (address,), sub="abuse")]
        case "notspam":
            return [delivery, EventStep("Complaint", (address,), sub="not-spam")]
        case "delay":
            return [
                EventStep("DeliveryDelay", (address,), sub="TransientCommunicationFailure"),
                delivery,
            ]
        case "open":
            return [delivery, EventStep("Open")]
        case "click":
            return [delivery, EventStep("Open"), EventStep("Click", sub="https://example.com/")]
        case "bot":
            return [delivery, EventStep("Open", user_agent=BOT, is_bot=True)]
        case "blackhole":
            return []
        case _:
            return [delivery]
