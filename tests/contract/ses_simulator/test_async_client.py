"""The calls by aiobotocore: every response fits the service model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiobotocore.session import get_session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from tests.contract.ses_simulator.running import SENDER, SIMPLE, WELCOME, Simulator, template, to

CALLS: dict[str, dict[str, Any]] = {
    "create_email_template": {"TemplateName": "welcome", "TemplateContent": WELCOME},
    "send_email": {"FromEmailAddress": SENDER, "Destination": to("a@b.c"), "Content": SIMPLE},
    "send_bulk_email": {
        "FromEmailAddress": SENDER,
        "DefaultContent": template(TemplateData='{"name": "x"}'),
        "BulkEmailEntries": [{"Destination": to("a@b.c")}, {"Destination": to("b@b.c")}],
    },
    "test_render_email_template": {"TemplateName": "welcome", "TemplateData": '{"name": "x"}'},
    "list_email_templates": {},
    "put_suppressed_destination": {"EmailAddress": "x@b.c", "Reason": "BOUNCE"},
    "get_suppressed_destination": {"EmailAddress": "x@b.c"},
    "list_suppressed_destinations": {},
    "delete_suppressed_destination": {"EmailAddress": "x@b.c"},
    "create_email_identity": {"EmailIdentity": "example.com"},
    "get_email_identity": {"EmailIdentity": "example.com"},
    "list_email_identities": {},
    "delete_email_identity": {"EmailIdentity": "example.com"},
    "get_account": {},
    "put_account_sending_attributes": {"SendingEnabled": True},
    "put_account_suppression_attributes": {"SuppressedReasons": ["BOUNCE"]},
    "get_email_template": {"TemplateName": "welcome"},
    "update_email_template": {"TemplateName": "welcome", "TemplateContent": WELCOME},
    "delete_email_template": {"TemplateName": "welcome"},
}


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[Any]:
    opening = get_session().create_client(
        "sesv2",
        "us-east-1",
        endpoint_url=simulator.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    async with opening as opened:
        yield opened


async def test_every_response_fits_the_service_model(client: Any) -> None:
    for operation, arguments in CALLS.items():
        response = await getattr(client, operation)(**arguments)

        assert response.pop("ResponseMetadata")["HTTPStatusCode"] == 200, operation
        name = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(name).output_shape
        assert ParamValidator().validate(response, shape).generate_report() == "", operation
        assert set(response) <= set(shape.members), operation


async def test_error_has_the_code_and_text_of_aws(client: Any) -> None:
    with pytest.raises(ClientError) as refused:
        await client.send_email(**{**CALLS["send_email"], "Destination": to("a b@c.d")})

    error = refused.value.response["Error"]
    assert error["Code"] == "BadRequestException"
    assert error["Message"] == "Local address contains control or whitespace"
