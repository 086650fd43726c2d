"""The running API keeps to its own OpenAPI document, whatever is sent to it."""

from __future__ import annotations

from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.stack.api_client import signed_headers
from tests.e2e.service import Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
    body = request.body.encode() if isinstance(request.body, str) else request.body
    assert body is None or isinstance(body, bytes)
    request.headers.update(signed_headers(request.method or "", request.url or "", body, {}))
    return request


def test_each_response_fits_the_openapi_document(service: Service) -> None:
    schema = schemathesis.openapi.from_dict(service.get("/openapi.json").content)
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok)

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.ok().as_strategy())
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(base_url=service.aws.api_url, auth=sign, checks=CHECKS)

        answers_as_described()
