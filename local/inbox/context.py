"""The simulator and the deployed stack, as every page of the inbox gets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.inbox.deployed_stack import DeployedStack
    from local.ses.messages import KeptMessage
    from local.ses.sending.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Inbox:
    """What every page needs."""

    ses: Simulator
    stack: DeployedStack

    def kept(self, request: Request) -> KeptMessage:
        """The message that the address names. Raises HTTPException."""
        found = self.ses.messages.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "This message is not kept any more.")
        return found

    def common(self, section: str) -> dict[str, Any]:
        """Values of the frame around every page."""
        return {"section": section, "region": self.ses.region, "stack": self.stack.address}
