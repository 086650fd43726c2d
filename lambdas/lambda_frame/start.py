"""The start of an execution environment."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

__all__ = ["starting"]


@contextmanager
def starting() -> Iterator[None]:
    """Load what stays for good without looking for garbage in it, now or later.

    That search takes a tenth of a cold start. Lambda gives a start more CPU than it gives the
    first invocation, which has the function's memory's share: what can be made here should be.
    """
    gc.disable()
    # Before pydantic: after it, Powertools loads pydantic models of every event source.
    import_module("aws_lambda_powertools.utilities.batch")
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
