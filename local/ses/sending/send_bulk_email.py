"""SendBulkEmail: a message and a status for each entry. Shared fields can fail the call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.ses import errors
from local.ses.errors import RefusedError, bad_request, refuse
from local.ses.sending import requests
from local.ses.templates import parse_template_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ses.messages import Json
    from local.ses.sending.acceptance import Caller
    from local.ses.sending.requests import SendRequest
    from local.ses.sending.simulator import Simulator
    from local.ses.templates import TemplateContent

__all__ = ["send_bulk_email"]

MAX_ENTRIES = 50
BULK_STATUSES = {
    errors.RATE_EXCEEDED: "ACCOUNT_THROTTLED",
    errors.QUOTA_EXCEEDED: "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "MessageRejected": "MESSAGE_REJECTED",
    "BadRequestException": "INVALID_PARAMETER",
}
"""The status of an entry by the text or the code of the error.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BulkEmailEntryResult.html
"""


async def send_bulk_email(ses: Simulator, body: Json, caller: Caller) -> list[Json]:
    """Return a result for each entry. Raises RefusedError for an error that all entries share."""
    shared = ses.with_default_set(requests.read_bulk_request(body))
    template = body["DefaultContent"].get("Template") or {}
    entries = body["BulkEmailEntries"]
    refuse(
        None if shared.source else bad_request("Source cannot be empty"),
        requests.check_shared_fields(shared),
        requests.check_content(template, shared),
    )
    if not 0 < len(entries) <= MAX_ENTRIES:
        # The limit is documented; the text is ours.
        raise RefusedError(bad_request(f"Destination count must be 1 to {MAX_ENTRIES}."))
    content = ses.template_content(template)
    defaults = parse_template_data(template.get("TemplateData"))
    await ses.authorize_send(shared, (), caller)
    return [await _entry(ses, shared, template, content, defaults, row, caller) for row in entries]


async def _entry(
    ses: Simulator,
    shared: SendRequest,
    template: Json,
    content: TemplateContent,
    defaults: Mapping[str, Any],
    row: Json,
    caller: Caller,
) -> Json:
    if ses.switches.bulk_statuses:
        status = ses.switches.bulk_statuses.pop(0)
        if status != "SUCCESS":
            return {"Status": status, "Error": f"The switch bulk_statuses asks for {status}."}
    request = _addressed(shared, row)
    entry_template = {**template, "Headers": _headers(template, row)}
    try:
        refuse(requests.check_send_request(request))
        refuse(requests.check_content(entry_template, request))
        # https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-api.html: the default
        # data serves an entry whose own data is an empty object, and adds nothing to other data.
        data = _replacement(row) or defaults
        await ses.authorize_send(request, request.recipients, caller)
        envelope = ses.new_envelope(request)
        composed = await ses.compose(envelope, entry_template, content, data)
        message_id = await ses.accept(request, envelope, composed, caller)
    except RefusedError as refused:
        error = refused.error
        ses.counts[error.code] += 1
        status = BULK_STATUSES.get(error.message or "") or BULK_STATUSES.get(error.code, "FAILED")
        return {"Status": status, "Error": error.message}
    return {"Status": "SUCCESS", "MessageId": message_id}


def _addressed(shared: SendRequest, row: Json) -> SendRequest:
    """Return the request of an entry. Its tags replace default tags of the same name."""
    destination = row["Destination"]
    entry_tags = row.get("ReplacementTags") or ()
    replaced_names = {tag["Name"] for tag in entry_tags}
    return replace(
        shared,
        to=tuple(destination.get("ToAddresses") or ()),
        cc=tuple(destination.get("CcAddresses") or ()),
        bcc=tuple(destination.get("BccAddresses") or ()),
        tags=(*(tag for tag in shared.tags if tag["Name"] not in replaced_names), *entry_tags),
    )


def _headers(template: Json, row: Json) -> list[Mapping[str, str]]:
    """Return the headers of an entry. They replace headers of the template of the same name."""
    entry_headers = row.get("ReplacementHeaders") or []
    replaced_names = {header["Name"].lower() for header in entry_headers}
    headers = template.get("Headers") or ()
    kept_headers = [header for header in headers if header["Name"].lower() not in replaced_names]
    return [*kept_headers, *entry_headers]


def _replacement(row: Json) -> Mapping[str, Any]:
    content = row.get("ReplacementEmailContent") or {}
    text = (content.get("ReplacementTemplate") or {}).get("ReplacementTemplateData")
    return {} if text is None else parse_template_data(text)
