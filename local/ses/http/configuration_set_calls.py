"""The calls that read a configuration set. The sets themselves are those of the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses.errors import RefusedError, not_found

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.ses.messages import Json
    from local.ses.sending.simulator import Simulator

__all__ = ["CALLS"]


async def get_set(ses: Simulator, request: Request, _body: Json) -> Json:
    """GetConfigurationSet."""
    document, _destinations = await _documents(ses, request)
    return document


async def get_destinations(ses: Simulator, request: Request, _body: Json) -> Json:
    """GetConfigurationSetEventDestinations."""
    _document, destinations = await _documents(ses, request)
    return {"EventDestinations": destinations}


CALLS = (
    ("GET", "/configuration-sets/{name}", "GetConfigurationSet", get_set),
    (
        "GET",
        "/configuration-sets/{name}/event-destinations",
        "GetConfigurationSetEventDestinations",
        get_destinations,
    ),
)


async def _documents(ses: Simulator, request: Request) -> tuple[Json, list[Json]]:
    name: str = request.path_params["name"]
    found = await ses.aws.configuration_set_documents(name)
    if found is None:
        raise RefusedError(not_found(f"Configuration set <{name}> does not exist."))
    document, destinations = found
    if name in ses.switches.paused.configuration_sets:
        document = {**document, "SendingOptions": {"SendingEnabled": False}}
    return document, destinations
