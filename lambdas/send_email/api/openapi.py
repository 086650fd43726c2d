"""The API's description: Powertools knows the routes, pydantic the documents."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html
from pydantic import TypeAdapter

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.message.email import EmailRequest
from send_email.api.requests import BATCH_LIMIT
from send_email.api.responses import BatchResponse, EmailResponse, ErrorResponse, SendResponse
from send_email.api.suppression_response import SuppressionResponse

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

__all__ = ["description", "page"]

Json = dict[str, Any]
Responses = dict[str, tuple[str, ...]]
"""By status: a text, then the documents that may come with it."""

TITLE = "amsdal_mail"
VERSION = "1"
ABOUT = "Sends email through Amazon SES, and tells what became of it."
REF = "#/components/schemas/{model}"
RESPONSES = (SendResponse, BatchResponse, EmailResponse, SuppressionResponse, ErrorResponse)
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Becomes the email's id. A repeated request with the same key sends nothing.",
    "schema": {"type": "string", "pattern": EMAIL_ID},
}
PREFER_PARAMETER = {
    "name": "Prefer",
    "in": "header",
    "description": "`respond-async`: answer 202 at once and send from the queue.",
    "schema": {"type": "string"},
}
SERVER_ERRORS = {
    "500": "An error nobody foresaw. The same request can be made again, with the same key.",
    "503": "A part of AWS did not answer. Try again later, with the same key.",
}
REFUSALS = {
    "400": "The body is no JSON.",
    "413": "Too large for the queue.",
    "415": "The content is not application/json.",
    **SERVER_ERRORS,
}
SEND_RESPONSES: Responses = {
    "200": ("SES took the email, for one recipient at least.", "SendResponse"),
    "202": ("On the queue, for one recipient at least; see the header Location.", "SendResponse"),
    "409": ("The key belongs to another request, or to one being worked on.", "ErrorResponse"),
    "422": (
        "A field breaks a rule (`detail`), or nobody gets the email (`recipients`).",
        "ErrorResponse",
        "SendResponse",
    ),
}
SUPPRESSION_SUCCESSES: dict[str, Responses] = {
    "get": {"200": ("On our list, on SES's, or on both.", "SuppressionResponse")},
    "delete": {"204": ("Taken off both lists.",)},
}
SUPPRESSION_REFUSALS = {
    "404": "The address is on no list.",
    "422": "That is no address.",
    **SERVER_ERRORS,
}


def description(app: APIGatewayHttpResolver) -> Json:
    """Describe the routes of the API as OpenAPI 3.1."""
    document: Json = json.loads(
        app.get_openapi_json_schema(title=TITLE, version=VERSION, description=ABOUT)
    )
    paths = document["paths"]
    paths["/emails"]["post"] |= _request("EmailRequest") | _responses(SEND_RESPONSES, REFUSALS)
    paths["/emails/batch"]["post"] |= _request("BatchRequest") | _responses(
        {
            "200": ("An answer for each email, each with its `status`.", "BatchResponse"),
            "422": ("It is no list of 1 to 100 emails.", "ErrorResponse"),
        },
        REFUSALS,
    )
    paths["/emails/{email_id}"]["get"] |= _responses(
        {
            "200": ("Everything known of the email.", "EmailResponse"),
            "404": ("There is no such email.", "ErrorResponse"),
        },
        SERVER_ERRORS,
    )
    for method, success in SUPPRESSION_SUCCESSES.items():
        paths["/suppressions/{address}"][method] |= _responses(success, SUPPRESSION_REFUSALS)
    document["components"] = {"schemas": _schemas()}
    return document


def page(document: Json) -> str:
    """Write the page that shows the description; script and style are in it."""
    files = resources.files("aws_lambda_powertools.event_handler.openapi.swagger_ui")
    script = (files / "swagger-ui-bundle.min.js").read_text(encoding="utf-8")
    style = (files / "swagger-ui.min.css").read_text(encoding="utf-8")
    # "</" would end the script element that the description stands in.
    described = json.dumps(document).replace("</", "<\\/")
    return str(generate_swagger_html(described, script, style, "", None, False))


def _request(schema: str) -> Json:
    return {
        "parameters": [KEY_PARAMETER, PREFER_PARAMETER],
        "requestBody": {"required": True, "content": _content(schema)},
    }


def _responses(own: Responses, refusals: dict[str, str]) -> Json:
    every = {**own, **{status: (text, "ErrorResponse") for status, text in refusals.items()}}
    return {
        "responses": {
            status: {"description": text, "content": _content(*schemas)}
            for status, (text, *schemas) in sorted(every.items())
        }
    }


def _content(*schemas: str) -> Json:
    if not schemas:
        return {}
    refs = [_ref(one) for one in schemas]
    return {"application/json": {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}}


def _ref(schema: str) -> Json:
    return {"$ref": REF.format(model=schema)}


def _schemas() -> Json:
    emails = {
        "type": "array",
        "minItems": 1,
        "maxItems": BATCH_LIMIT,
        "items": _ref("EmailRequest"),
    }
    schemas: Json = {
        "EmailRequest": EmailRequest.model_json_schema(ref_template=REF),
        "BatchRequest": {
            "type": "object",
            "properties": {"emails": emails},
            "required": ["emails"],
            "additionalProperties": False,
        },
        **{one.__name__: TypeAdapter(one).json_schema(ref_template=REF) for one in RESPONSES},
    }
    for schema in list(schemas.values()):
        schemas |= schema.pop("$defs", {})
    return schemas
