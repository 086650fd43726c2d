"""Routes by the route key of API Gateway, because the path is not what the client sent.

An HTTP API decodes `rawPath`, ends it at an encoded question mark, and puts the mapping key of a
custom domain before it. The route key and the path parameters do not depend on these.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

__all__ = ["location_of_emails", "with_path_of_route"]

PARAMETER = re.compile(r"{(\w+)}")
EMAILS = "/emails"

Json = dict[str, Any]


def with_path_of_route(event: Json) -> Json:
    """Return the event with the path of its route, and its parameters encoded in this path.

    The event of another sender than API Gateway may have no route key: it keeps its path.
    """
    _, _, route = str(event.get("routeKey", "")).partition(" ")
    if not route.startswith("/") or "+}" in route:
        return event
    values = event.get("pathParameters") or {}
    path = PARAMETER.sub(lambda name: quote(values.get(name[1], ""), safe=""), route)
    stage = event["requestContext"].get("stage", "$default")
    # Powertools takes the name of the stage away from the beginning of the path.
    return {**event, "rawPath": path if stage == "$default" else f"/{stage}{path}"}


def location_of_emails(event: Json) -> str:
    """Return the path of the emails as the client knows it, with a mapping key before it."""
    path = str(event["requestContext"]["http"].get("path", "")).rstrip("/")
    return path if path.endswith(EMAILS) else EMAILS
