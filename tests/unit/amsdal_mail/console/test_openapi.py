"""The operations of an OpenAPI document, as the page has them."""

from __future__ import annotations

import json

import pytest

from amsdal_mail.console.openapi import address, operations
from tests.unit.amsdal_mail.console.samples import DESCRIPTION


def test_operations_have_the_parameters_of_their_paths() -> None:
    found = {operation.name: operation for operation in operations(DESCRIPTION)}

    (parameter,) = found["GET /emails/{email_id}"].parameters
    assert (parameter.name, parameter.place, parameter.is_required) == ("email_id", "path", True)
    assert json.loads(found["POST /emails"].example or "")["from_email"] == "orders@example.com"
    assert found["GET /emails"].example is None


def test_address_keeps_values_in_their_places() -> None:
    found = {operation.name: operation for operation in operations(DESCRIPTION)}
    values = {"path.email_id": "a/b?c#d", "query.other": "x"}

    assert address(found["GET /emails/{email_id}"], values) == "/emails/a%2Fb%3Fc%23d"
    with pytest.raises(ValueError, match="address: must not be empty"):
        address(found["DELETE /suppressions"], {"query.address": " "})


def test_schema_that_names_itself_has_an_example() -> None:
    node = {"type": "object", "required": ["next"],
            "properties": {"next": {"$ref": "#/components/schemas/Node"}}}  # fmt: skip
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    document = {"paths": {"/x": {"post": {"requestBody": body}}},
                "components": {"schemas": {"Node": node}}}  # fmt: skip

    (operation,) = operations(document)

    assert (operation.example or "").startswith('{\n  "next"')
