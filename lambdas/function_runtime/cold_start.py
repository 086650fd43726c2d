"""The start of an execution environment."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

__all__ = ["cold_start"]


@contextmanager
def cold_start() -> Iterator[None]:
    """Import with garbage collection off, and keep it from ever scanning what was imported.

    Those scans take a tenth of a cold start. Make clients here too: Lambda gives a start more CPU
    than the first invocation.
    """
    gc.disable()
    # Before pydantic: after it, Powertools loads pydantic models of every event source.
    import_module("aws_lambda_powertools.utilities.batch")
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
