"""The route that erases a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

if TYPE_CHECKING:
    from send_email.sending.erasing import Erasing
    from send_email.sending.service import SendService
    from send_email.suppressions import Suppressions

__all__ = ["EraseRoutes"]


class EraseRoutes(APIGatewayHttpRouter):
    """DELETE /recipients, with the address as the query parameter `address`.

    The modules behind it are imported at the first request.
    """

    def __init__(
        self, service: SendService, build_suppressions: Callable[[], Suppressions]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._service = service
        self._build_suppressions = build_suppressions
        self.delete("/recipients", summary="Erase a person", tags=["recipients"])(
            self.erase_recipient
        )

    def erase_recipient(self) -> Response[str]:
        """Erase what is stored of a person, or a part of it."""
        from send_email.api.erase import address_of, erasure_response, retry_after
        from send_email.api.responses import json_response

        address = address_of(self.current_event.query_string_parameters)
        erasing = self._erasing()
        erasure = erasing.erase(address)
        headers = retry_after(erasure, erasing.clock())
        return json_response(HTTPStatus.OK, erasure_response(erasure), headers)

    def _erasing(self) -> Erasing:
        from send_email.sending.erasing import Erasing

        service = self._service
        return Erasing(
            store=service.store,
            schedules=service.schedules,
            contents=service.contents,
            kept=service.keeper().contents if service.keeper else None,
            ses_list=self._build_suppressions(),
            clock=service.clock,
            sleep=time.sleep,
        )
