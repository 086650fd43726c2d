"""What each recipient would get: the MIME messages SES would make of an EmailMessage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.merge_data import (
    PLACEHOLDER,
    TemplateValues,
    html_template,
    merge_data_by_address,
    merge_values_for,
)
from amsdal_mail.message.mime import mime_bytes

__all__ = ["render"]


def render(message: EmailMessage) -> list[bytes]:
    """Write the message as MIME, once for each message SES would send.

    A stored template lives in SES: its body is shown as the template's name and merge values.
    """
    return [mime_bytes(one) for one in _single_messages(message)]


def _single_messages(message: EmailMessage) -> Iterator[EmailMessage]:
    written = TemplateValues(message)
    if not message.is_personalized:
        yield _filled(message, written.shown(merge_values_for(message, {})))
        return
    own = merge_data_by_address(message)
    for to in message.to:
        values = merge_values_for(message, own.get(parse_address(to).addr_spec, {}))
        yield _filled(message.model_copy(update={"to": (to,)}), written.shown(values))


def _filled(message: EmailMessage, values: Mapping[str, Any]) -> EmailMessage:
    if not message.is_templated:
        return message
    if message.template_id:
        body = f"[template {message.template_id}]\n{json.dumps(values, indent=2)}\n"
        return message.model_copy(update={"body": body, "html_body": None})
    parts = {"subject": message.subject, "body": message.body, "html_body": html_template(message)}
    filled = {name: text and _substituted(text, values) for name, text in parts.items()}
    return message.model_copy(update=filled)


def _substituted(text: str, values: Mapping[str, Any]) -> str:
    return PLACEHOLDER.sub(lambda found: str(values.get(found[2], "")), text)
