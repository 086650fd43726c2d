"""The expected result of each email of the demo, and the result that the API returns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Self

__all__ = ["EXPECTATIONS", "EmailResult", "Expectation", "RecipientResult", "expectations_of"]


@dataclass(frozen=True)
class RecipientResult:
    """The state of a recipient, and its events in the order of time."""

    address: str
    state: str
    message_id: str | None
    timeline: tuple[tuple[datetime, str], ...]

    @classmethod
    def from_response(cls, content: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> Self:
        """Read a recipient of an email, with its events among all `events` of the email."""
        address = content["address"]
        timeline = [
            (datetime.fromisoformat(event["at"]), str(event["kind"]))
            for event in events
            if event.get("recipient") == address
        ]
        timeline.sort(key=lambda event: event[0])
        return cls(address, content["state"], content.get("message_id"), tuple(timeline))

    def summary(self) -> str:
        """Return the events with the seconds since the first, as in "send, bounce +1.5s"."""
        if not self.timeline:
            return ""
        first = self.timeline[0][0]
        return ", ".join(
            kind if at == first else f"{kind} +{(at - first).total_seconds():.1f}s"
            for at, kind in self.timeline
        )


@dataclass(frozen=True)
class Expectation:
    """The expected state of a recipient, and the kinds of events that it needs."""

    state: str
    kinds: frozenset[str]

    def is_met(self, result: RecipientResult) -> bool:
        """Return whether the state is right and no event is missing."""
        return result.state == self.state and self.kinds <= {kind for _, kind in result.timeline}


EXPECTATIONS = {
    "success": Expectation("delivered", frozenset({"send", "delivery"})),
    "bounce": Expectation("bounced", frozenset({"send", "bounce"})),
    "complaint": Expectation("complained", frozenset({"send", "delivery", "complaint"})),
}
"""By the name of the mailbox at simulator.amazonses.com:
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html"""


def expectations_of(body: str) -> dict[str, Expectation]:
    """Return what the mailbox simulator does with each recipient of a message in JSON.

    The word before the + in <word>+<label>@simulator.amazonses.com names the mailbox.
    """
    message = json.loads(body)
    mailboxes = [*message.get("to", []), *message.get("cc", []), *message.get("bcc", [])]
    addresses = [parseaddr(mailbox)[1] for mailbox in mailboxes]
    return {
        address: EXPECTATIONS[address.partition("@")[0].partition("+")[0]] for address in addresses
    }


@dataclass(frozen=True)
class EmailResult:
    """An email as the API returns it."""

    state: str = "unknown to the API"
    recipients: tuple[RecipientResult, ...] = ()
    reason: str = ""

    @classmethod
    def from_refusal(cls, content: Mapping[str, Any]) -> Self:
        """Read the response to an invalid message."""
        return cls("refused", reason=_reason(content["detail"]))

    @classmethod
    def from_response(cls, content: Mapping[str, Any]) -> Self:
        """Read the response of `GET /emails/{email_id}`."""
        recipients = [
            RecipientResult.from_response(recipient, content["timeline"])
            for recipient in content["recipients"]
        ]
        errors = (content["email"] or {}).get("errors", ())
        return cls(content["state"], tuple(recipients), _reason(errors))

    def meets(self, expectations: Mapping[str, Expectation]) -> bool:
        """Return whether these are exactly the expected recipients, each as expected."""
        results = {result.address: result for result in self.recipients}
        return results.keys() == expectations.keys() and all(
            expectation.is_met(results[address]) for address, expectation in expectations.items()
        )


def _reason(errors: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{error['field']} {error['rule']}" for error in errors)
