"""Powertools' Tracer, imported only when it is switched on."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

__all__ = ["traced"]

Handler = Callable[..., Any]


def traced(handler: Handler) -> Handler:
    """Return the handler, traced by Powertools when POWERTOOLS_TRACE_DISABLED is `false`.

    It is off by default. Lambda's own active tracing needs no SDK, and the X-Ray SDK, on which
    Tracer depends, reaches the end of support on 2027-02-25:
    https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-daemon-timeline.html
    AWS calls are not patched, because X-Ray cannot follow the threads that handle the records.
    """
    if os.environ.get("POWERTOOLS_TRACE_DISABLED", "true").lower() != "false":
        return handler
    from aws_lambda_powertools import Tracer

    return Tracer(auto_patch=False).capture_lambda_handler(handler, capture_response=False)
