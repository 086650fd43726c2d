"""SendBulkEmail: one message and one status an entry; what all entries share fails the call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.ses import errors
from local.ses.errors import RefusedError, bad_request, refuse
from local.ses.sending import request_checks, requests
from local.ses.templates import parse_template_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ses.messages import Json
    from local.ses.sending.acceptance import Caller
    from local.ses.sending.requests import SendRequest
    from local.ses.sending.simulator import Simulator
    from local.ses.templates import TemplateContent

MAX_ENTRIES = 50
# How an entry says what a single send would have answered with an error code.
_STATUS = {
    errors.RATE_EXCEEDED: "ACCOUNT_THROTTLED",
    errors.QUOTA_EXCEEDED: "ACCOUNT_DAILY_QUOTA_EXCEEDED",
    "MessageRejected": "MESSAGE_REJECTED",
    "BadRequestException": "INVALID_PARAMETER",
}


async def send_bulk_email(ses: Simulator, body: Json, caller: Caller) -> list[Json]:
    """One result an entry, in their order. Raises RefusedError for what all of them share."""
    shared = ses.with_default_set(requests.read_bulk_request(body))
    template = body["DefaultContent"].get("Template") or {}
    entries = body["BulkEmailEntries"]
    refuse(
        None if shared.source else bad_request("Source cannot be empty"),
        request_checks.check_addresses((shared.source, *shared.reply_to)),
        request_checks.check_tags(shared.tags),
        requests.check_content(template, shared),
    )
    if not 0 < len(entries) <= MAX_ENTRIES:
        # The limit is documented; the text is ours.
        raise RefusedError(bad_request(f"Destination count must be 1 to {MAX_ENTRIES}."))
    content = ses.template_content(template)
    defaults = parse_template_data(template.get("TemplateData"))
    await ses.authorize_send(shared, ())
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
            return {"Status": status, "Error": f"The switch bulk_statuses says {status}."}
    given = _addressed(shared, row)
    own = {**template, "Headers": _headers(template, row)}
    try:
        refuse(requests.check_send_request(given), requests.check_content(own, given))
        data = {**defaults, **_replacement(row)}
        await ses.authorize_send(given, given.recipients)
        envelope = ses.new_envelope(given)
        composed = await ses.compose(envelope, own, content, data)
        message_id = await ses.accept(given, envelope, composed, caller)
    except RefusedError as refused:
        error = refused.error
        ses.counts[error.code] += 1
        status = _STATUS.get(error.message or "") or _STATUS.get(error.code, "FAILED")
        return {"Status": status, "Error": error.message}
    return {"Status": "SUCCESS", "MessageId": message_id}


def _addressed(shared: SendRequest, row: Json) -> SendRequest:
    """Replacement tags stand before default tags of their name."""
    destination = row["Destination"]
    tags = {tag["Name"]: tag for tag in (*shared.tags, *(row.get("ReplacementTags") or ()))}
    return replace(
        shared,
        to=tuple(destination.get("ToAddresses") or ()),
        cc=tuple(destination.get("CcAddresses") or ()),
        bcc=tuple(destination.get("BccAddresses") or ()),
        tags=tuple(tags.values()),
    )


def _headers(template: Json, row: Json) -> list[Mapping[str, str]]:
    """An entry's header replaces the template's of its name; other ones of both stay."""
    own = row.get("ReplacementHeaders") or []
    replaced = {header["Name"].lower() for header in own}
    kept = (row for row in template.get("Headers") or () if row["Name"].lower() not in replaced)
    return [*kept, *own]


def _replacement(row: Json) -> Mapping[str, Any]:
    content = row.get("ReplacementEmailContent") or {}
    text = (content.get("ReplacementTemplate") or {}).get("ReplacementTemplateData")
    return {} if text is None else parse_template_data(text)
