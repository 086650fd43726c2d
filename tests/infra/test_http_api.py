"""The routes of the HTTP API, and the authorization of calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from send_email.api.openapi import describe
from send_email.api.routes import build_api
from tests.infra.synthesis import SynthesisedStack, synthesise, target

ROUTES = {
    "POST /emails",
    "GET /emails",
    "POST /emails/batch",
    "POST /uploads",
    "GET /emails/{email_id}",
    "PATCH /emails/{email_id}",
    "POST /emails/{email_id}/cancel",
    "GET /metrics",
    "GET /emails/{email_id}/content",
    "POST /emails/{email_id}/resend",
    "GET /suppressions",
    "DELETE /suppressions",
    "DELETE /recipients",
    "GET /openapi.json",
    "GET /docs",
}


def test_routes_are_explicit_and_require_a_signature(stack: SynthesisedStack) -> None:
    routes = stack.of_type("AWS::ApiGatewayV2::Route").values()

    assert {route["RouteKey"]: route["AuthorizationType"] for route in routes} == dict.fromkeys(
        ROUTES, "AWS_IAM"
    )


def test_routes_require_a_token_with_an_issuer(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, jwt_issuer="https://login.example", jwt_audience=("mail", "ops"))

    authorizer = stack.only("AWS::ApiGatewayV2::Authorizer")
    routes = stack.of_type("AWS::ApiGatewayV2::Route").values()

    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert authorizer["JwtConfiguration"] == {
        "Issuer": "https://login.example",
        "Audience": ["mail", "ops"],
    }
    assert {route["RouteKey"]: route["AuthorizationType"] for route in routes} == dict.fromkeys(
        ROUTES, "JWT"
    )


ANY_SCOPE = {"mail:send", "mail:read", "mail:content", "suppressions:write", "recipients:erase"}
SCOPES = {
    "POST /emails": {"mail:send"},
    "GET /emails": {"mail:read"},
    "POST /emails/batch": {"mail:send"},
    "POST /uploads": {"mail:send"},
    "GET /emails/{email_id}": {"mail:read"},
    "PATCH /emails/{email_id}": {"mail:send"},
    "POST /emails/{email_id}/cancel": {"mail:send"},
    "GET /metrics": {"mail:read"},
    "GET /emails/{email_id}/content": {"mail:content"},
    "POST /emails/{email_id}/resend": {"mail:send"},
    "GET /suppressions": {"mail:read"},
    "DELETE /suppressions": {"suppressions:write"},
    "DELETE /recipients": {"recipients:erase"},
    "GET /openapi.json": ANY_SCOPE,
    "GET /docs": ANY_SCOPE,
}
ISSUER: dict[str, Any] = {"jwt_issuer": "https://login.example", "jwt_audience": ("mail",)}


def _scopes(stack: SynthesisedStack) -> dict[str, set[str]]:
    routes = stack.of_type("AWS::ApiGatewayV2::Route").values()
    return {route["RouteKey"]: set(route.get("AuthorizationScopes", [])) for route in routes}


def test_token_needs_the_scope_of_the_route(tmp_path: Path) -> None:
    assert _scopes(synthesise(tmp_path, **ISSUER)) == SCOPES


def test_issuer_may_put_a_prefix_before_the_scopes(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, **ISSUER, jwt_scope_prefix="https://mail.example/")

    assert _scopes(stack) == {
        route: {f"https://mail.example/{scope}" for scope in scopes}
        for route, scopes in SCOPES.items()
    }


def test_function_knows_the_prefix_of_the_scopes(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, **ISSUER, jwt_scope_prefix="https://mail.example/")

    function = stack.find("AWS::Lambda::Function", "SendEmailFunction")[1]
    assert function["Environment"]["Variables"]["JWT_SCOPE_PREFIX"] == "https://mail.example/"


def test_signed_calls_have_no_scope(stack: SynthesisedStack) -> None:
    assert _scopes(stack) == {route: set() for route in SCOPES}


def test_openapi_document_has_the_scopes_of_the_routes(tmp_path: Path) -> None:
    paths = describe(build_api(*[Mock()] * 6))["paths"]

    described = {
        f"{method.upper()} {path}": {
            scope for schemes in operation["security"] for scope in schemes.get("jwt", [])
        }
        for path, item in paths.items()
        for method, operation in item.items()
    }

    assert described.items() <= _scopes(synthesise(tmp_path, **ISSUER)).items()
    assert len(described) == len(ROUTES) - 2  # the description itself


def test_requests_are_throttled_and_logged(stack: SynthesisedStack) -> None:
    stage = stack.only("AWS::ApiGatewayV2::Stage")

    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingBurstLimit": 100,
        "ThrottlingRateLimit": 50,
    }
    log_group = target(stage["AccessLogSettings"]["DestinationArn"])
    # A log group elsewhere needs an entry in a resource policy that an account can use up.
    assert stack.resources[log_group]["Properties"]["LogGroupName"] == (
        "/aws/vendedlogs/AmsdalMail-dev/http-api"
    )
    assert stack.resources[log_group]["DeletionPolicy"] == "Delete"


def test_access_log_is_json_without_the_path(stack: SynthesisedStack) -> None:
    stage = stack.only("AWS::ApiGatewayV2::Stage")

    line = json.loads(stage["AccessLogSettings"]["Format"])

    assert {"requestId", "routeKey", "status"} <= set(line)
    assert "$context.path" not in line.values()


def test_payload_format_is_2(stack: SynthesisedStack) -> None:
    assert stack.only("AWS::ApiGatewayV2::Integration")["PayloadFormatVersion"] == "2.0"
