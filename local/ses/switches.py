"""The switches that make SES misbehave, set over the control path."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from local.ses.errors import RATE_EXCEEDED

Count = Annotated[int, Field(ge=0)]
Chance = Annotated[float, Field(ge=0, le=1)]


class _Switch(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Fault(_Switch):
    """Strikes the next `calls` send calls, and any other with this `chance`."""

    calls: Count = 0
    chance: Chance = 0.0


class Throttle(Fault):
    """Refuse with 429 and this text; nothing is accepted."""

    message: str = RATE_EXCEEDED


class ServerError(Fault):
    """Answer this status; nothing is accepted."""

    status: Annotated[int, Field(ge=500, le=599)] = 500


class Paused(_Switch):
    """Who cannot send. The account's value is the error code its calls get."""

    account: (
        Literal["MessageRejected", "SendingPausedException", "AccountSuspendedException"] | None
    ) = None
    configuration_sets: list[str] = []


class Events(_Switch):
    """How events come: wait before each one, twice, never, or a message's events in any order."""

    delay_ms: Count = 20
    duplicate_chance: Chance = 0.0
    lost_chance: Chance = 0.0
    shuffle: bool = False


class Switches(_Switch):
    """Everything that can be set while the simulator runs.

    `max_send_rate` and `max_24_hour_send` count recipients, `api_rate` each of the other calls, of
    which SES takes one a second; None is no limit. `identities` None
    takes any sender; a list (also an empty one) asks for verified ones, together with those of
    the local AWS and those created by CreateEmailIdentity. `bulk_statuses` answers the next bulk
    entries with these statuses instead of sending them (SUCCESS sends).
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
    identities: list[str] | None = None
    events: Events = Events()

    def changed(self, change: object) -> Switches:
        """These switches with a JSON object merged in. Raises pydantic's ValidationError."""
        return Switches.model_validate(_merged(self.model_dump(), change))


def _merged(old: object, new: object) -> object:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
