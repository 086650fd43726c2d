"""Tracing by X-Ray, whose SDK is imported only where tracing is on."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

__all__ = ["traced"]

Handler = Callable[..., Any]


def traced(handler: Handler) -> Handler:
    """Give X-Ray the time of every call, unless Powertools' own switch says no.

    Powertools' Tracer imports the SDK even then, which outside Lambda makes an AWS client at once.
    Calls of AWS are not patched: records are handled in threads, which X-Ray knows nothing of.
    """
    if os.environ.get("POWERTOOLS_TRACE_DISABLED") == "true":
        return handler
    from aws_lambda_powertools import Tracer

    return Tracer(auto_patch=False).capture_lambda_handler(handler, capture_response=False)
