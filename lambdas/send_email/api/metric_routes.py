"""The route that shows the metrics of a period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from send_email.api.responses import json_response

if TYPE_CHECKING:
    from email_store.metrics import MetricsStore

__all__ = ["MetricRoutes"]


class MetricRoutes(APIGatewayHttpRouter):
    """GET /metrics. The modules behind it are imported at the first request."""

    def __init__(
        self, build_metrics: Callable[[], MetricsStore], clock: Callable[[], datetime]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._build_metrics = build_metrics
        self._clock = clock
        self.get("/metrics", summary="Get the numbers of a period", tags=["metrics"])(
            self.get_metrics
        )

    def get_metrics(self) -> Response[str]:
        """Return the numbers of the days and filters of the query."""
        from send_email.api.metrics import MetricsQuery, metrics_response

        parameters = self.current_event.query_string_parameters or {}
        query = MetricsQuery.read(parameters, self._clock().date())
        metrics = self._build_metrics().read_metrics(query.first, query.last)
        return json_response(HTTPStatus.OK, metrics_response(query, metrics))
