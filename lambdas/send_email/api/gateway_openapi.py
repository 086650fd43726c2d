"""What API Gateway asks for and answers itself, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

__all__ = ["GATEWAY_ERROR_SCHEMA", "SCOPES", "SECURITY_SCHEMES", "secure"]

SIGV4 = "sigv4"
JWT = "jwt"
SECURITY_SCHEMES = {
    SIGV4: {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "Signature Version 4 of the service `execute-api`. The default.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    JWT: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "In stages with an issuer: a token with the scope of the operation. A stage "
        "may put a prefix before the names of the scopes.",
    },
}
SCOPES = {
    ("/emails", "post"): "mail:send",
    ("/emails/batch", "post"): "mail:send",
    ("/uploads", "post"): "mail:send",
    ("/emails", "get"): "mail:read",
    ("/emails/{email_id}", "get"): "mail:read",
    ("/emails/{email_id}", "patch"): "mail:send",
    ("/emails/{email_id}/cancel", "post"): "mail:send",
    ("/emails/{email_id}/content", "get"): "mail:content",
    ("/emails/{email_id}/resend", "post"): "mail:send",
    ("/suppressions", "get"): "mail:read",
    ("/suppressions", "delete"): "suppressions:write",
    ("/recipients", "delete"): "recipients:erase",
    ("/metrics", "get"): "mail:read",
}
"""The scope that a JWT needs for an operation."""
GATEWAY_ERRORS = {
    "401": "The JWT is missing or invalid.",
    "403": "The signature is missing or wrong, or the JWT lacks the scope.",
    "429": "Too many requests: the limit of the stage. Retry later with the same key.",
}
"""Responses of API Gateway itself, which never reach the function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""
GATEWAY_ERROR_SCHEMA = {
    "title": "GatewayErrorResponse",
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}


def secure(operation: dict[str, Any], scope: str) -> None:
    """Describe what API Gateway asks for, and its errors."""
    operation["security"] = [{SIGV4: []}, {JWT: [scope]}]
    schema = {"$ref": "#/components/schemas/GatewayErrorResponse"}
    content = {"application/json": {"schema": schema}}
    for status, text in GATEWAY_ERRORS.items():
        operation["responses"][status] = {"description": text, "content": content}
    operation["responses"] = dict(sorted(operation["responses"].items()))
