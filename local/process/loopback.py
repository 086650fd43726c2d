"""HTTP requests to processes of this machine. A proxy of the developer never gets them."""

from __future__ import annotations

import urllib.request
from functools import cache
from typing import Any

__all__ = ["urlopen"]


def urlopen(request: str | urllib.request.Request, *, timeout: float) -> Any:
    """Open a URL of this machine as `urllib.request.urlopen` does, without a proxy.

    An opener keeps the certificates that it found when it was made. A server may write its own
    later, so each call by TLS has a new opener.
    """
    url = request if isinstance(request, str) else request.full_url
    opener = new_opener() if url.startswith("https:") else http_opener()
    return opener.open(request, timeout=timeout)


def new_opener() -> urllib.request.OpenerDirector:
    """Return an opener without proxies."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


http_opener = cache(new_opener)
