"""SendEmail: a message with simple, raw or template content."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local.ses.errors import RefusedError, bad_request, refuse
from local.ses.mime.compose import compose, replace_ses_headers
from local.ses.sending import request_checks, requests
from local.ses.sending.acceptance import ComposedMessage
from local.ses.templates import parse_template_data

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.ses.messages import Json
    from local.ses.sending.acceptance import Caller
    from local.ses.sending.simulator import Simulator

    Sender = Callable[[Simulator, Json, Json, Caller], Awaitable[str]]

__all__ = ["send_email"]


async def send_email(ses: Simulator, body: Json, caller: Caller) -> str:
    """Send a request that fits the service model. Return its MessageId. Raises RefusedError."""
    kinds = {kind: content for kind, content in body["Content"].items() if content is not None}
    if len(kinds) != 1:
        # The text is ours: the error of AWS for no content, or for two kinds, is not public.
        raise RefusedError(bad_request("Content must be one of Simple, Raw and Template."))
    kind, content = kinds.popitem()
    return await SENDERS[kind](ses, body, content, replace(caller, action=ACTIONS[kind]))


async def _send_simple(ses: Simulator, body: Json, simple: Json, caller: Caller) -> str:
    request = ses.with_default_set(requests.read_send_request(body))
    # SES sends no text when simple content has no sender.
    refuse(None if request.source else bad_request(None))
    refuse(requests.check_send_request(request), requests.check_content(simple, request))
    await ses.authorize_send(request, request.recipients, caller)
    envelope = ses.new_envelope(request)
    composed = ComposedMessage(compose(envelope, requests.simple_content(simple)))
    return await ses.accept(request, envelope, composed, caller)


async def _send_raw(ses: Simulator, body: Json, raw: Json, caller: Caller) -> str:
    mime = request_checks.decode_blob(raw["Data"])
    if mime is None:
        raise RefusedError(bad_request("The raw message is not base64."))
    request = ses.with_default_set(requests.read_raw_request(body, mime))
    refuse(
        requests.check_raw(mime),
        request_checks.check_size(mime),
        requests.check_send_request(request),
    )
    await ses.authorize_send(request, request.recipients, caller)
    envelope = ses.new_envelope(request)
    composed = ComposedMessage(replace_ses_headers(mime, envelope))
    return await ses.accept(request, envelope, composed, caller)


async def _send_template(ses: Simulator, body: Json, template: Json, caller: Caller) -> str:
    request = ses.with_default_set(requests.read_send_request(body))
    refuse(None if request.source else bad_request("Source cannot be empty"))
    refuse(requests.check_send_request(request), requests.check_content(template, request))
    content = ses.template_content(template)
    data = parse_template_data(template.get("TemplateData"))
    await ses.authorize_send(request, request.recipients, caller)
    envelope = ses.new_envelope(request)
    composed = await ses.compose(envelope, template, content, data)
    return await ses.accept(request, envelope, composed, caller)


SENDERS: dict[str, Sender] = {
    "Simple": _send_simple,
    "Raw": _send_raw,
    "Template": _send_template,
}
ACTIONS = {
    "Simple": "ses:SendEmail",
    "Raw": "ses:SendRawEmail",
    "Template": "ses:SendTemplatedEmail",
}
"""The IAM actions, as SES names them in its errors.

Raw: https://github.com/nodemailer/nodemailer/issues/1734
Template: https://github.com/aws/aws-sdk-js-v3/issues/2061
"""
