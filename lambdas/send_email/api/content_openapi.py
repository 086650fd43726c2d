"""What the OpenAPI document says of the routes to kept messages."""

from __future__ import annotations

__all__ = ["CONTENT_RESPONSES", "RESEND_RESPONSES", "RESEND_SCHEMA"]

NOTHING_KEPT = "The message is not kept: the setting is off, or it is sensitive or expired."
NOT_FOUND = ("Email not found.", "ErrorResponse")
Responses = dict[str, tuple[str, ...]]

CONTENT_RESPONSES: Responses = {
    "200": ("The message, with links that work for 15 minutes.", "ContentResponse"),
    "404": NOT_FOUND,
    "409": (NOTHING_KEPT, "ErrorResponse"),
}
RESEND_RESPONSES: Responses = {
    "200": ("Accepted by SES for at least one recipient.", "ResendResponse"),
    "202": ("Queued for at least one recipient. See the header Location.", "ResendResponse"),
    "404": NOT_FOUND,
    "409": (
        f"{NOTHING_KEPT} Or nobody failed, or the key belongs to another request.",
        "ErrorResponse",
    ),
    "422": (
        "A field is invalid (`detail`), or no recipient gets the email (`recipients`).",
        "ErrorResponse",
        "ResendResponse",
    ),
}
RESEND_SCHEMA = {
    "title": "ResendRequest",
    "type": "object",
    "description": "One field at most. Without a field, all recipients of the original get it"
    " again.",
    "properties": {
        "to": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string"},
            "description": "The recipients, instead of all of the original.",
        },
        "only_failed": {
            "type": "boolean",
            "description": "Only the recipients of the original who are failed, rejected, bounced,"
            " soft_bounced, suppressed, expired or canceled.",
        },
    },
    "additionalProperties": False,
}
