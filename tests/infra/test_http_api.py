"""The routes of the HTTP API, and the authorization of calls."""

from __future__ import annotations

import json
from pathlib import Path

from tests.infra.synthesis import SynthesisedStack, synthesise, target

ROUTES = {
    "POST /emails",
    "POST /emails/batch",
    "GET /emails/{email_id}",
    "GET /suppressions",
    "DELETE /suppressions",
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


def test_requests_are_throttled_and_logged(stack: SynthesisedStack) -> None:
    stage = stack.only("AWS::ApiGatewayV2::Stage")

    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingBurstLimit": 100,
        "ThrottlingRateLimit": 50,
    }
    log_group = target(stage["AccessLogSettings"]["DestinationArn"])
    assert stack.resources[log_group]["Type"] == "AWS::Logs::LogGroup"


def test_access_log_is_json_without_the_path(stack: SynthesisedStack) -> None:
    stage = stack.only("AWS::ApiGatewayV2::Stage")

    line = json.loads(stage["AccessLogSettings"]["Format"])

    assert {"requestId", "routeKey", "status"} <= set(line)
    assert "$context.path" not in line.values()


def test_payload_format_is_2(stack: SynthesisedStack) -> None:
    assert stack.only("AWS::ApiGatewayV2::Integration")["PayloadFormatVersion"] == "2.0"
