from __future__ import annotations

import re
from typing import Any

import pytest

from send_email.api.search_query import EMAIL_PARAMETERS, SUPPRESSION_PARAMETERS
from tests.unit.send_email.api_client import Api


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    response = api("GET", "/openapi.json")
    assert response.status == 200
    content: dict[str, Any] = response.content
    return content


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = {(path, method) for path, item in document["paths"].items() for method in item}

    assert described == {
        ("/emails", "post"),
        ("/emails", "get"),
        ("/emails/batch", "post"),
        ("/uploads", "post"),
        ("/emails/{email_id}", "get"),
        ("/emails/{email_id}", "patch"),
        ("/emails/{email_id}/cancel", "post"),
        ("/emails/{email_id}/content", "get"),
        ("/emails/{email_id}/resend", "post"),
        ("/suppressions", "get"),
        ("/suppressions", "delete"),
        ("/recipients", "delete"),
        ("/metrics", "get"),
    }


def test_request_schema_is_the_message(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["EmailRequest"]

    assert "idempotency_key" in schema["properties"]
    assert "from_email" in schema["required"]
    assert schema["additionalProperties"] is False


def test_every_reference_has_a_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"'\$ref': '([^']+)'", str(document)))

    assert references
    assert {reference.rpartition("/")[2] for reference in references} <= set(schemas)
    assert all(reference.startswith("#/components/schemas/") for reference in references)


def test_statuses_of_sending_are_described(document: dict[str, Any]) -> None:
    responses = document["paths"]["/emails"]["post"]["responses"]

    assert set(responses) == {
        "200", "202", "400", "401", "403", "409", "413", "415", "422", "429", "500", "503",
    }  # fmt: skip


def test_every_operation_has_the_errors_of_api_gateway(document: dict[str, Any]) -> None:
    for item in document["paths"].values():
        for operation in item.values():
            responses = operation["responses"]

            assert list(responses) == sorted(responses)
            for status in ("401", "403", "429"):
                schema = responses[status]["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/GatewayErrorResponse"}


@pytest.mark.parametrize(
    ("path", "method", "scope"),
    [
        ("/emails", "post", "mail:send"),
        ("/emails", "get", "mail:read"),
        ("/emails/batch", "post", "mail:send"),
        ("/emails/{email_id}", "get", "mail:read"),
        ("/emails/{email_id}/content", "get", "mail:content"),
        ("/emails/{email_id}/resend", "post", "mail:send"),
        ("/suppressions", "get", "mail:read"),
        ("/suppressions", "delete", "suppressions:write"),
        ("/recipients", "delete", "recipients:erase"),
        ("/metrics", "get", "mail:read"),
    ],
    ids=[
        "send",
        "search",
        "batch",
        "email",
        "content",
        "resend",
        "suppression",
        "release",
        "erase",
        "metrics",
    ],
)
def test_operation_takes_a_signature_or_a_token_with_its_scope(
    document: dict[str, Any], path: str, method: str, scope: str
) -> None:
    schemes = document["components"]["securitySchemes"]

    assert document["paths"][path][method]["security"] == [{"sigv4": []}, {"jwt": [scope]}]
    assert schemes["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert (schemes["jwt"]["scheme"], schemes["jwt"]["bearerFormat"]) == ("bearer", "JWT")


def test_truncation_is_described(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["EmailResponse"]

    assert "1,000 events" in schema["properties"]["is_truncated"]["description"]
    assert "1,000 recipients" in schema["properties"]["recipients_next"]["description"]


def test_opens_and_clicks_are_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    for name in ("EmailResponse", "TrackedRecipientResponse"):
        properties = schemas[name]["properties"]
        assert {properties[count]["type"] for count in ("opens", "clicks")} == {"integer"}
    assert "opens" not in schemas["RecipientResponse"]["properties"]


def test_path_parameter_is_described(document: dict[str, Any]) -> None:
    parameter, page = document["paths"]["/emails/{email_id}"]["get"]["parameters"]
    assert page["name"] == "recipients_after"

    assert (parameter["name"], parameter["in"]) == ("email_id", "path")


def test_address_of_a_suppression_is_in_the_query(document: dict[str, Any]) -> None:
    for method in ("get", "delete"):
        parameter, *_ = document["paths"]["/suppressions"][method]["parameters"]

        assert (parameter["name"], parameter["in"]) == ("address", "query")
        assert parameter["required"] is (method == "delete")


def test_parameters_of_lists_are_described(document: dict[str, Any]) -> None:
    emails, suppressions = (
        {each["name"]: each for each in document["paths"][path]["get"]["parameters"]}
        for path in ("/emails", "/suppressions")
    )

    assert set(emails) == {*EMAIL_PARAMETERS}
    assert set(suppressions) == {"address", *SUPPRESSION_PARAMETERS}
    assert "delivered" in emails["state"]["schema"]["enum"]
    assert emails["limit"]["schema"]["maximum"] == 100


def test_page_is_complete_without_another_server(api: Api) -> None:
    response = api("GET", "/docs")

    assert response.status == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "EmailRequest" in response.content
    assert "SwaggerUIBundle(" in response.content
    assert not re.search(r'<(script|link)[^>]+(src|href)="https?:', response.content)
