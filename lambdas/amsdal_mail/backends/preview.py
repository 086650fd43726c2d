"""Renders what each recipient gets: the MIME messages that SES makes of an EmailMessage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.merge_data import (
    TemplateValues,
    by_address,
    fill,
    html_template,
    merge_data_by_address,
    merge_headers_for,
    merge_values_for,
)
from amsdal_mail.message.mime import mime_bytes

__all__ = ["hide_content", "render"]

HIDDEN_SUBJECT = "(sensitive)"
HIDDEN_BODY = "(The content of this email is sensitive, and is not shown here.)"


def render(message: EmailMessage) -> list[bytes]:
    """Return the MIME of each message that SES would send.

    A stored template is in SES, so its name and the merge values stand in for the body.
    """
    return [mime_bytes(single) for single in _single_messages(message)]


def hide_content(message: EmailMessage) -> EmailMessage:
    """Return the message with a note in place of its subject, bodies, headers and files."""
    return message._with(
        subject=HIDDEN_SUBJECT,
        body=HIDDEN_BODY,
        html_body=None,
        headers={},
        attachments=(),
        alternatives=(),
        template_id=None,
        merge_global_data=None,
        merge_data={} if message.is_personalized else None,
        merge_headers=None,
    )


def _single_messages(message: EmailMessage) -> Iterator[EmailMessage]:
    template_values = TemplateValues(message)
    if not message.is_personalized:
        values = merge_values_for(message, {})
        yield _filled(message, template_values.with_escaping(values))
        return
    merge_data = merge_data_by_address(message)
    merge_headers = by_address(message.merge_headers)
    for to in message.to:
        address = parse_address(to).addr_spec
        values = merge_values_for(message, merge_data.get(address, {}))
        headers = merge_headers_for(message, merge_headers.get(address, {}))
        single = message._with(to=(to,), headers=headers)
        yield _filled(single, template_values.with_escaping(values))


def _filled(message: EmailMessage, values: Mapping[str, Any]) -> EmailMessage:
    if not message.is_templated:
        return message
    if message.template_id:
        body = f"[template {message.template_id}]\n{json.dumps(values, indent=2)}\n"
        return message._with(body=body, html_body=None)
    texts = {"subject": message.subject, "body": message.body, "html_body": html_template(message)}
    return message._with(**{name: text and fill(text, values) for name, text in texts.items()})
