"""HTTP requests to processes of this machine. A proxy of the developer never gets them."""

from __future__ import annotations

import os
import urllib.request
from functools import cache
from typing import Any

__all__ = ["urlopen"]


def urlopen(request: str | urllib.request.Request, *, timeout: float) -> Any:
    """Open a URL of this machine as `urllib.request.urlopen` does, without a proxy."""
    return _opener(os.environ.get("SSL_CERT_FILE")).open(request, timeout=timeout)


@cache
def _opener(_certificates: str | None) -> urllib.request.OpenerDirector:
    """Return an opener for these certificates. It reads them when it is made, from the variable."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
