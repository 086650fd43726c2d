"""The switches that make SES fail, set by the control path."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from local.ses.errors import RATE_EXCEEDED

__all__ = ["Fault", "Switches"]

Count = Annotated[int, Field(ge=0)]
Chance = Annotated[float, Field(ge=0, le=1)]
Status = Literal["SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"]
"""https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html"""

MailFromStatus = Literal["SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE"]
"""https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MailFromAttributes.html"""


class _Switch(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Fault(_Switch):
    """A fault of the next `calls` send calls. Other send calls have it with this `chance`."""

    calls: Count = 0
    chance: Chance = 0.0


class Throttle(Fault):
    """A 429 response with this text. SES accepts nothing."""

    message: str = RATE_EXCEEDED


class ServerError(Fault):
    """A response with this status. SES accepts nothing."""

    status: Annotated[int, Field(ge=500, le=599)] = 500


class Paused(_Switch):
    """What is paused. The value of the account is the error code that its send calls get."""

    account: (
        Literal["MessageRejected", "SendingPausedException", "AccountSuspendedException"] | None
    ) = None
    configuration_sets: list[str] = []


class Events(_Switch):
    """How events come: after a delay, twice, never, or the events of a message in any order."""

    delay_ms: Count = 20
    duplicate_chance: Chance = 0.0
    lost_chance: Chance = 0.0
    shuffle: bool = False


class Switches(_Switch):
    """All settings that can change while the simulator runs.

    `drop_request` closes the connection before SES accepts anything, `drop_response` after that.
    `bulk_statuses` are the statuses of the next bulk entries; only SUCCESS sends the entry.
    `max_send_rate` and `max_24_hour_send` count recipients. `api_rate` is the rate of each call
    that does not send; SES allows one per second. None means no limit.
    `any_sender` accepts every sender. Otherwise a verified identity must cover it: one of the local
    AWS, or one of CreateEmailIdentity. `identities` has further identities with their status, and
    the status of those that exist. `dkim` and `mail_from` have the status of the DKIM records and
    of the MAIL FROM domain by identity; without one, it is that of the identity. `review` puts the
    account under review.
    """

    latency_ms: Count = 0
    throttle: Throttle = Throttle()
    server_error: ServerError = ServerError()
    drop_request: Fault = Fault()
    drop_response: Fault = Fault()
    bulk_statuses: list[str] = []
    paused: Paused = Paused()
    max_send_rate: Annotated[float, Field(gt=0)] | None = None
    max_24_hour_send: Count | None = None
    api_rate: Annotated[float, Field(gt=0)] | None = None
    sandbox: bool = False
    any_sender: bool = False
    identities: dict[str, Status] = {}
    dkim: dict[str, Status] = {}
    mail_from: dict[str, MailFromStatus] = {}
    review: bool = False
    plan: Literal["NONE", "ESSENTIALS", "PRO", "ENTERPRISE"] = "NONE"
    events: Events = Events()

    def changed(self, change: object) -> Switches:
        """Return the switches with a JSON object merged in. Raises pydantic's ValidationError."""
        return Switches.model_validate(_merged(self.model_dump(), change))


def _merged(old: object, new: object) -> object:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
