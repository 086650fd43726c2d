"""What becomes of a recipient: the mailbox simulator's addresses and a few of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    """One event to come, and how it differs from the plain one of its kind.

    `sub` is the bounce's subtype, the complaint's feedback type, the delay's type, the
    subscription's contact list or the clicked link; `text` a diagnostic or an error message.
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


HARD_BOUNCE = ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown")
_SUPPRESSION_GUIDE = (
    "For more information about how to remove an email address from the suppression list, "
    "see the Amazon SES Developer Guide."
)
_GLOBALLY_SUPPRESSED = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing "
    f"as an invalid address. {_SUPPRESSION_GUIDE}"
)
ACCOUNT_SUPPRESSED = (
    "Amazon SES did not send the message to this address because it is on the suppression list for "
    f"your account. {_SUPPRESSION_GUIDE}"
)

# One row a bounce: type, subtype, status, diagnostic code.
BOUNCES: dict[str, tuple[str, str, str | None, str | None]] = {
    "bounce": HARD_BOUNCE,
    "suppressionlist": ("Permanent", "Suppressed", "5.1.1", _GLOBALLY_SUPPRESSED),
    "mailboxfull": ("Transient", "MailboxFull", "4.2.2", "smtp; 452 4.2.2 mailbox full"),
    "toolarge": ("Transient", "MessageTooLarge", "5.3.4", "smtp; 552 5.3.4 message too large"),
    "undetermined": ("Undetermined", "Undetermined", None, None),
}


def mailbox_name(address: str) -> str | None:
    """The simulator mailbox an address names, without its +label; None for any other address."""
    local, _, domain = address.rpartition("@")
    if domain.lower() != SIMULATOR_DOMAIN:
        return None
    return local.partition("+")[0].lower()


def bounce(address: str, row: tuple[str, str, str | None, str | None]) -> EventStep:
    """A bounce of one recipient, from a row of `BOUNCES`."""
    return EventStep("Bounce", (address,), type=row[0], sub=row[1], status=row[2], text=row[3])


def steps_for(address: str, suppressed: str | None = None) -> list[EventStep]:
    """The events a recipient causes after Send; `suppressed` is the suppression list's reason."""
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
            # An out-of-office reply comes back as a Transient bounce after the delivery.
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
        case "blackhole":
            return []
        case _:
            return [delivery]
