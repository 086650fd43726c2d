"""The OpenAPI document: Powertools describes the routes, pydantic the schemas."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html
from pydantic import TypeAdapter

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.message.email import EmailRequest
from send_email.api.content import ContentResponse, ResendResponse
from send_email.api.content_openapi import CONTENT_RESPONSES, RESEND_RESPONSES, RESEND_SCHEMA
from send_email.api.erase import ErasureResponse
from send_email.api.gateway_openapi import GATEWAY_ERROR_SCHEMA, SCOPES, SECURITY_SCHEMES, secure
from send_email.api.list_parameters import EMAIL_LIST_PARAMETERS, SUPPRESSION_LIST_PARAMETERS
from send_email.api.metrics import PARAMETERS, MetricsResponse
from send_email.api.requests import BATCH_LIMIT
from send_email.api.responses import (
    BatchResponse,
    EmailResponse,
    ErrorResponse,
    SendResponse,
)
from send_email.api.search_responses import EmailListResponse, SuppressionListResponse
from send_email.api.suppression_responses import SuppressionResponse
from send_email.api.upload_routes import UploadResponse
from send_email.contents.uploads import UploadRequest

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

__all__ = ["describe", "page"]

Json = dict[str, Any]
Responses = dict[str, tuple[str, ...]]
"""By status: a text, then the schemas of the body."""

TITLE = "amsdal_mail"
VERSION = "1"
ABOUT = "Sends email through Amazon SES, and shows the state of each email."
REF = "#/components/schemas/{model}"
RESPONSES = (
    SendResponse,
    BatchResponse,
    EmailResponse,
    SuppressionResponse,
    EmailListResponse,
    SuppressionListResponse,
    UploadResponse,
    ContentResponse,
    ResendResponse,
    ErasureResponse,
    MetricsResponse,
    ErrorResponse,
)
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Becomes the `email_id`. A repeated request with the same key sends nothing.",
    "schema": {"type": "string", "pattern": EMAIL_ID.pattern},
}
PREFER_PARAMETER = {
    "name": "Prefer",
    "in": "header",
    "description": "`respond-async`: respond 202 at once, and send from the queue.",
    "schema": {"type": "string"},
}
ADDRESS_PARAMETER = {
    "name": "address",
    "in": "query",
    "required": True,
    "description": "A bare address, percent-encoded.",
    "schema": {"type": "string", "format": "email"},
}
AFTER_PARAMETER = {
    "name": "recipients_after",
    "in": "query",
    "description": "The `recipients_next` of the page before: an address, percent-encoded.",
    "schema": {"type": "string"},
}
SERVER_ERRORS = {
    "500": "Internal error. Retry with the same key.",
    "503": "An AWS service is unavailable. Retry later with the same key.",
}
SEND_ERRORS = {
    "400": "The request body is not valid JSON.",
    "413": "The email makes too many messages for the queue, or too large ones.",
    "415": "The content type is not application/json.",
    **SERVER_ERRORS,
}
WAITING_ERRORS = {
    "404": "Email not found.",
    "409": "The email does not wait any more: it is sent, is being sent, or is canceled.",
    **SERVER_ERRORS,
}
MOVE_SCHEMA = {
    "title": "MoveRequest",
    "type": "object",
    "properties": {"send_at": {"type": "string", "format": "date-time"}},
    "required": ["send_at"],
    "additionalProperties": False,
}
SEND_RESPONSES: Responses = {
    "200": ("Accepted by SES for at least one recipient.", "SendResponse"),
    "202": (
        "Queued or scheduled for at least one recipient. See the header Location.",
        "SendResponse",
    ),
    "409": ("The key belongs to another request, or to a request in progress.", "ErrorResponse"),
    "422": (
        "A field is invalid (`detail`), or no recipient gets the email (`recipients`).",
        "ErrorResponse",
        "SendResponse",
    ),
}
ERASE_RESPONSES: Responses = {"200": ("What this call erased.", "ErasureResponse")}
SUPPRESSION_RESPONSES: dict[str, Responses] = {
    "get": {
        "200": (
            "The entries of the address, or a page of a list.",
            "SuppressionResponse",
            "SuppressionListResponse",
        )
    },
    "delete": {"204": ("Removed from both lists.",)},
}
SUPPRESSION_ERRORS = {
    "404": "The address is not on a suppression list.",
    "422": "The address, or another parameter, is invalid.",
    **SERVER_ERRORS,
}


def describe(app: APIGatewayHttpResolver) -> Json:
    """Return the OpenAPI 3.1 document of the API."""
    document: Json = json.loads(
        app.get_openapi_json_schema(title=TITLE, version=VERSION, description=ABOUT)
    )
    paths = document["paths"]
    paths["/emails"]["post"] |= _request("EmailRequest") | _responses(SEND_RESPONSES, SEND_ERRORS)
    paths["/emails/batch"]["post"] |= _request("BatchRequest") | _responses(
        {
            "200": ("A response for each email, each with its `status`.", "BatchResponse"),
            "422": ("The body is not a list of 1 to 100 emails.", "ErrorResponse"),
        },
        SEND_ERRORS,
    )
    get_email = paths["/emails/{email_id}"]["get"]
    get_email["parameters"] = [*get_email.get("parameters", []), AFTER_PARAMETER]
    get_email |= _responses(
        {
            "200": ("The email with its recipients and its timeline.", "EmailResponse"),
            "404": ("Email not found.", "ErrorResponse"),
        },
        SERVER_ERRORS,
    )
    paths["/emails/{email_id}"]["patch"] |= {
        "requestBody": {"required": True, "content": _content("MoveRequest")},
        **_responses(
            {
                "200": ("The email with its new time.", "EmailResponse"),
                "422": ("The time is invalid.", "ErrorResponse"),
            },
            WAITING_ERRORS | {name: SEND_ERRORS[name] for name in ("400", "415")},
        ),
    }
    paths["/emails/{email_id}/cancel"]["post"] |= _responses(
        {"200": ("The email is canceled: nothing of it is sent.", "EmailResponse")},
        WAITING_ERRORS,
    )
    paths["/emails/{email_id}/content"]["get"] |= _responses(CONTENT_RESPONSES, SERVER_ERRORS)
    resend = paths["/emails/{email_id}/resend"]["post"]
    parameters = resend.get("parameters", [])
    resend |= _request("ResendRequest") | _responses(RESEND_RESPONSES, SEND_ERRORS)
    resend["parameters"] = [*parameters, *resend["parameters"]]
    resend["requestBody"]["required"] = False
    paths["/uploads"]["post"] |= {
        "requestBody": {"required": True, "content": _content("UploadRequest")},
        **_responses(
            {
                "201": ("The request that uploads the file.", "UploadResponse"),
                "422": ("The size or the type is invalid.", "ErrorResponse"),
            },
            {name: SEND_ERRORS[name] for name in ("400", "415", "500", "503")},
        ),
    }
    paths["/emails"]["get"] |= {
        "parameters": EMAIL_LIST_PARAMETERS,
        **_responses(
            {
                "200": ("A page of emails, newest first.", "EmailListResponse"),
                "422": ("A parameter is invalid or unknown.", "ErrorResponse"),
            },
            SERVER_ERRORS,
        ),
    }
    for method, success in SUPPRESSION_RESPONSES.items():
        paths["/suppressions"][method] |= {
            "parameters": [ADDRESS_PARAMETER],
            **_responses(success, SUPPRESSION_ERRORS),
        }
    paths["/recipients"]["delete"] |= {
        "parameters": [ADDRESS_PARAMETER],
        **_responses(ERASE_RESPONSES, {"422": "The address is not valid.", **SERVER_ERRORS}),
    }
    paths["/suppressions"]["get"]["parameters"] = [
        ADDRESS_PARAMETER
        | {"required": False, "description": "A bare address. Without it, a list is returned."},
        *SUPPRESSION_LIST_PARAMETERS,
    ]
    paths["/metrics"]["get"] |= {
        "parameters": PARAMETERS,
        **_responses(
            {
                "200": ("The numbers of the period.", "MetricsResponse"),
                "422": ("A parameter is invalid or unknown.", "ErrorResponse"),
            },
            SERVER_ERRORS,
        ),
    }
    for (path, method), scope in SCOPES.items():
        secure(paths[path][method], scope)
    document["components"] = {"schemas": _schemas(), "securitySchemes": SECURITY_SCHEMES}
    return document


def page(document: Json) -> str:
    """Return a page that shows the document. Script and style are part of the page."""
    files = resources.files("aws_lambda_powertools.event_handler.openapi.swagger_ui")
    script = (files / "swagger-ui-bundle.min.js").read_text(encoding="utf-8")
    style = (files / "swagger-ui.min.css").read_text(encoding="utf-8")
    # "</" would end the script element that contains the document.
    described = json.dumps(document).replace("</", "<\\/")
    return str(generate_swagger_html(described, script, style, "", None, False))


def _request(schema: str) -> Json:
    return {
        "parameters": [KEY_PARAMETER, PREFER_PARAMETER],
        "requestBody": {"required": True, "content": _content(schema)},
    }


def _responses(responses: Responses, errors: dict[str, str]) -> Json:
    error_responses = {status: (text, "ErrorResponse") for status, text in errors.items()}
    return {
        "responses": {
            status: {"description": text, "content": _content(*schemas)}
            for status, (text, *schemas) in sorted({**responses, **error_responses}.items())
        }
    }


def _content(*schemas: str) -> Json:
    if not schemas:
        return {}
    refs = [_ref(schema) for schema in schemas]
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
        "UploadRequest": TypeAdapter(UploadRequest).json_schema(ref_template=REF),
        "GatewayErrorResponse": GATEWAY_ERROR_SCHEMA,
        "MoveRequest": MOVE_SCHEMA,
        "ResendRequest": RESEND_SCHEMA,
        "BatchRequest": {
            "type": "object",
            "properties": {"emails": emails},
            "required": ["emails"],
            "additionalProperties": False,
        },
        **{
            response.__name__: TypeAdapter(response).json_schema(ref_template=REF)
            for response in RESPONSES
        },
    }
    for schema in list(schemas.values()):
        schemas |= schema.pop("$defs", {})
    return schemas
