"""What the API tells of an email, and whether it is what the demo waits for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Self


@dataclass(frozen=True)
class Fate:
    """What is to become of an email for one recipient: the state, and the events on the way."""

    state: str
    kinds: frozenset[str]


FATES = {
    "success": Fate("delivered", frozenset({"send", "delivery"})),
    "bounce": Fate("bounced", frozenset({"send", "bounce"})),
    "complaint": Fate("complained", frozenset({"send", "delivery", "complaint"})),
}


def expected(body: str) -> dict[str, Fate]:
    """Return what SES's mailbox simulator makes of each recipient of a message, given as JSON.

    The word before the + of <word>+<label>@simulator.amazonses.com decides.
    """
    message = json.loads(body)
    mailboxes = [*message.get("to", []), *message.get("cc", []), *message.get("bcc", [])]
    addresses = [parseaddr(mailbox)[1] for mailbox in mailboxes]
    return {one: FATES[one.partition("@")[0].partition("+")[0]] for one in addresses}


@dataclass(frozen=True)
class RecipientOutcome:
    """One recipient's state with the events that led to it."""

    address: str
    state: str
    message_id: str | None
    timeline: tuple[tuple[datetime, str], ...]

    def met(self, fate: Fate) -> bool:
        """Tell whether the state is reached and every event on the way to it is known."""
        return self.state == fate.state and fate.kinds <= {kind for _, kind in self.timeline}

    def story(self) -> str:
        """Return the events in order, each with the seconds since the first."""
        if not self.timeline:
            return ""
        first = self.timeline[0][0]
        return ", ".join(
            kind if at == first else f"{kind} +{(at - first).total_seconds():.1f}s"
            for at, kind in self.timeline
        )


@dataclass(frozen=True)
class Outcome:
    """One email as `GET /emails/{email_id}` shows it."""

    state: str = "not known yet"
    recipients: tuple[RecipientOutcome, ...] = ()
    reason: str = ""

    @classmethod
    def refused(cls, content: Mapping[str, Any]) -> Self:
        """Read the API's refusal of a message."""
        return cls("refused", reason=_reason(content["detail"]))

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self:
        """Read the answer of the API."""
        events = [
            (datetime.fromisoformat(event["at"]), str(event["kind"]), event.get("recipient"))
            for event in content["timeline"]
        ]
        events.sort(key=lambda event: event[0])
        return cls(
            content["state"],
            tuple(
                RecipientOutcome(
                    one["address"],
                    one["state"],
                    one.get("message_id"),
                    tuple((at, kind) for at, kind, to in events if to == one["address"]),
                )
                for one in content["recipients"]
            ),
            _reason((content["email"] or {}).get("errors", ())),
        )

    def arrived(self, fates: Mapping[str, Fate]) -> bool:
        """Tell whether all these recipients, and nobody else, met their fate."""
        found = {one.address: one for one in self.recipients}
        return found.keys() == fates.keys() and all(
            found[address].met(fate) for address, fate in fates.items()
        )


def _reason(errors: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{error['field']} {error['rule']}" for error in errors)
