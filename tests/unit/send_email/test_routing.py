"""Requests are routed by API Gateway's route key, not by the path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from email_store.memory import MemoryEmailStore
from email_store.records import Suppression
from tests.unit.send_email.api_client import Api, Handle, read
from tests.unit.send_email.bodies import EMAIL
from tests.unit.send_email.fakes import NOW

LISTED = "/suppressions?address=listed%40example.com"


@pytest.fixture(params=["", "/mail", "/emails", "/v1/suppressions"])
def mapped(handle: Handle, request: pytest.FixtureRequest) -> Api:
    """The API behind a custom domain with this mapping key."""
    return Api(handle, request.param)


def test_mapping_key_of_a_custom_domain_changes_no_route(
    mapped: Api, store: MemoryEmailStore
) -> None:
    store.suppress(Suppression(address="listed@example.com", reason="bounce", at=NOW))

    assert mapped("POST", "/emails", EMAIL, {"idempotency-key": "k"}).status == 200
    assert mapped("GET", "/emails/k").content["email_id"] == "k"
    assert mapped("POST", "/emails/batch", {"emails": [EMAIL]}).status == 200
    assert mapped("GET", "/openapi.json").status == 200
    assert mapped("GET", LISTED).status == 200
    assert mapped("DELETE", LISTED).status == 204


def test_location_has_the_mapping_key(mapped: Api) -> None:
    response = mapped("POST", "/emails", EMAIL, {"idempotency-key": "k", "prefer": "respond-async"})

    assert response.headers["location"] == f"{mapped.mapping}/emails/k"


@pytest.mark.parametrize("name", ["%2e%2e", "a%2Fbatch", "k%3Fx", "%25", "k%20", "%C3%A4", "batch"])
def test_other_path_parameter_is_no_email(api: Api, name: str) -> None:
    response = api("GET", f"/emails/{name}")

    assert (response.status, response.content["message"]) == (404, "Email not found.")


@pytest.mark.parametrize("stage", ["$default", "prod", "emails"])
@pytest.mark.parametrize("key", [None, "POST /emails"])
def test_stage_changes_no_route(handle: Handle, stage: str, key: str | None) -> None:
    path = "/emails" if stage == "$default" else f"/{stage}/emails"
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": stage},
        "body": json.dumps(EMAIL),
        "isBase64Encoded": False,
    }
    if key:
        event["routeKey"] = key

    assert read(handle(event)).status == 200
