"""Merge data: the values of each recipient, their escaping, and the JSON that SES takes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.fields import MessageFields

__all__ = [
    "PLACEHOLDER",
    "TemplateValues",
    "Values",
    "html_template",
    "merge_data_by_address",
    "merge_values_for",
]

Values = Mapping[str, Any]
PLACEHOLDER = re.compile(r"(\{\{\{?\s*)([\w-]+)((?:\.[\w.-]*)?\s*\}?\}\})")
"""A placeholder of an inline template. Group 2 is the name of the value."""
ESCAPED_SUFFIX = "__escaped"
"""Ends the name of an HTML-escaped value in the HTML of an inline template."""


def merge_data_by_address(message: MessageFields) -> dict[str, Values]:
    """Return `merge_data` by bare address. Its keys may have display names."""
    merge_data = message.merge_data or {}
    return {parse_address(mailbox).addr_spec: values for mailbox, values in merge_data.items()}


def merge_values_for(message: MessageFields, own_values: Values) -> dict[str, Any]:
    """Return the global values, replaced by those of one recipient where both have a name."""
    return {**(message.merge_global_data or {}), **own_values}


class TemplateValues:
    """Prepares merge values for the template of one message."""

    def __init__(self, message: MessageFields) -> None:
        self._message = message
        # Found only once: there may be 10,000 recipients, and a megabyte of HTML.
        html = (message.html_body if message.escape_merge_data else None) or ""
        self._in_html = {match[2] for match in PLACEHOLDER.finditer(html)}

    def json(self, values: Values) -> str:
        """Return the JSON that SES takes.

        Raises:
            ValueError: JSON or UTF-8 cannot encode a value (NaN, infinity, a lone surrogate).
        """
        text = json.dumps(self.with_escaping(values), ensure_ascii=False, allow_nan=False)
        text.encode()
        return text

    def with_escaping(self, values: Values) -> Values:
        """Return the values, HTML-escaped if the message asks for it.

        A stored template gets all values escaped: its parts are unknown here. The text parts of an
        inline template show the values as they are; its HTML shows the escaped copies.
        """
        if not self._message.escape_merge_data:
            return values
        if self._message.template_id:
            return {name: _escaped(value) for name, value in values.items()}
        in_html = [name for name in values if name in self._in_html]
        return {**values, **{f"{name}{ESCAPED_SUFFIX}": _escaped(values[name]) for name in in_html}}


def html_template(message: MessageFields) -> str | None:
    """Return the HTML of an inline template, with the names of the escaped values."""
    if not (message.escape_merge_data and message.html_body):
        return message.html_body
    return PLACEHOLDER.sub(rf"\1\2{ESCAPED_SUFFIX}\3", message.html_body)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return value
