"""The running API keeps to its own OpenAPI document, whatever is sent to it."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.stack.environment import ACCESS_KEY
from tests.e2e.service import Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def test_every_answer_is_one_that_the_document_describes(service: Service) -> None:
    schema = schemathesis.openapi.from_dict(service.get("/openapi.json").content)
    # MiniStack takes any signature; the document describes what comes behind it.
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/x"}

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=found.ok().as_strategy())
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(base_url=service.aws.api_url, headers=signed, checks=CHECKS)

        answers_as_described()
