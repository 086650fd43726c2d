"""A client of the HTTP API, which calls the handler as API Gateway does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

Handle = Callable[..., Any]


@dataclass(frozen=True)
class ApiResponse:
    status: int
    headers: Mapping[str, str]
    content: Any


ROUTES = (
    "POST /emails",
    "POST /emails/batch",
    "POST /uploads",
    "GET /emails",
    "GET /emails/{email_id}",
    "PATCH /emails/{email_id}",
    "POST /emails/{email_id}/cancel",
    "GET /emails/{email_id}/content",
    "POST /emails/{email_id}/resend",
    "GET /suppressions",
    "DELETE /suppressions",
    "DELETE /recipients",
    "GET /metrics",
    "GET /openapi.json",
    "GET /docs",
)


@dataclass(frozen=True)
class Api:
    """Calls the handler as the HTTP API does. `mapping` is the key of a custom domain."""

    handle: Handle
    mapping: str = ""
    claims: Mapping[str, str] | None = None
    """The claims of the caller's JWT; None for a caller who signs."""

    def __call__(
        self,
        method: str,
        url: str,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse:
        text = content if isinstance(content, str) else json.dumps(content)
        raw_path, _, query = url.partition("?")
        key, parameters = route_of(method, raw_path)
        # The gateway decodes the path, and ends it at a question mark.
        path = self.mapping + unquote(raw_path).partition("?")[0]
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"content-type": "application/json"} | dict(headers or {}),
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            "body": text,
            "isBase64Encoded": False,
        }
        if self.claims is not None:
            event["requestContext"]["authorizer"] = {"jwt": {"claims": dict(self.claims)}}
        if parameters:
            event["pathParameters"] = parameters
        if query:
            event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
        return read(self.handle(event))

    def post(self, content: Any, **headers: str) -> ApiResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("POST", "/emails", content, named)


def route_of(method: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the key of the route and the path parameters, as the gateway finds them."""
    for key in sorted(ROUTES, key=lambda key: "{" in key):
        verb, _, template = key.partition(" ")
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)
        if verb == method and (match := re.fullmatch(pattern, path)):
            return key, {name: unquote(value) for name, value in match.groupdict().items()}
    return "$default", {}


def read(response: dict[str, Any]) -> ApiResponse:
    assert response["isBase64Encoded"] is False
    headers = {name.lower(): value for name, value in response["headers"].items()}
    is_json = headers["content-type"] == "application/json"
    content = json.loads(response["body"]) if is_json and response["body"] else response["body"]
    return ApiResponse(response["statusCode"], headers, content)
