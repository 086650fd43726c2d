from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.send_email.conftest import Api


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = api("GET", "/openapi.json")
    assert answer.status == 200
    content: dict[str, Any] = answer.content
    return content


def test_every_route_for_people_and_programs_is_described(document: dict[str, Any]) -> None:
    described = {(path, method) for path, item in document["paths"].items() for method in item}

    assert described == {
        ("/emails", "post"),
        ("/emails/batch", "post"),
        ("/emails/{email_id}", "get"),
        ("/suppressions/{address}", "get"),
        ("/suppressions/{address}", "delete"),
    }


def test_the_request_is_the_wire_contract(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["EmailRequest"]

    assert "idempotency_key" in schema["properties"]
    assert "from_email" in schema["required"]
    assert schema["additionalProperties"] is False


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"'\$ref': '([^']+)'", str(document)))

    assert references
    assert {one.rpartition("/")[2] for one in references} <= set(schemas)
    assert all(one.startswith("#/components/schemas/") for one in references)


def test_the_statuses_of_sending_are_described(document: dict[str, Any]) -> None:
    responses = document["paths"]["/emails"]["post"]["responses"]

    assert set(responses) == {"200", "202", "400", "409", "413", "415", "422", "500", "503"}


def test_what_an_answer_leaves_out_is_described(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["EmailResponse"]

    assert "10,000 recipients" in schema["properties"]["is_truncated"]["description"]


def test_the_path_parameter_is_described(document: dict[str, Any]) -> None:
    (parameter,) = document["paths"]["/emails/{email_id}"]["get"]["parameters"]

    assert (parameter["name"], parameter["in"]) == ("email_id", "path")


def test_the_page_holds_the_description_and_needs_no_other_server(api: Api) -> None:
    answer = api("GET", "/docs")

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "EmailRequest" in answer.content
    assert "SwaggerUIBundle(" in answer.content
    assert not re.search(r'<(script|link)[^>]+(src|href)="https?:', answer.content)
