"""Inbox: the simulator and the deployed stack, for all pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.inbox.deployed_stack import DeployedStack
    from local.ses.messages import KeptMessage
    from local.ses.sending.simulator import Simulator

__all__ = ["Inbox"]


@dataclass(frozen=True, slots=True)
class Inbox:
    """The simulator and the deployed stack, which the pages show."""

    ses: Simulator
    stack: DeployedStack

    def message(self, request: Request) -> KeptMessage:
        """Return the message that the URL names. Raises HTTPException."""
        kept = self.ses.messages.get(request.path_params["id"])
        if kept is None:
            raise HTTPException(404, "This message does not exist, or is not kept any more.")
        return kept

    def frame_values(self, section: str) -> dict[str, Any]:
        """Return the template values of the frame around a page."""
        return {"section": section, "region": self.ses.region, "stack": self.stack.address}
