"""Merge values: whose they are, globals under a recipient's own, and the JSON that SES is given."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import parse_address

if TYPE_CHECKING:
    from amsdal_mail.message.email import EmailMessage

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
"""Of an inline template, which knows plain substitution only. Group 2 names the value."""
ESCAPED = "__escaped"
"""Ends the name by which an inline template's HTML finds a value escaped."""


def merge_data_by_address(message: EmailMessage) -> dict[str, Values]:
    """Return `merge_data` by bare address, however its keys are written."""
    return {
        parse_address(one).addr_spec: values for one, values in (message.merge_data or {}).items()
    }


def merge_values_for(message: EmailMessage, own: Values) -> dict[str, Any]:
    """Return the values of one recipient: the globals, and over them the recipient's own."""
    return {**(message.merge_global_data or {}), **own}


class TemplateValues:
    """How the template of one message is given merge values: those of each recipient in turn."""

    def __init__(self, message: EmailMessage) -> None:
        self._message = message
        # Found once: there may be 10,000 recipients, and a megabyte of HTML.
        html = (message.html_body if message.escape_merge_data else None) or ""
        self._in_html = {found[2] for found in PLACEHOLDER.finditer(html)}

    def json(self, values: Values) -> str:
        """Write values as the JSON text that SES takes.

        Raises:
            ValueError: JSON or UTF-8 cannot write one of them (NaN, infinity, a lone surrogate).
        """
        text = json.dumps(self.shown(values), ensure_ascii=False, allow_nan=False)
        text.encode()
        return text

    def shown(self, values: Values) -> Values:
        """Return the values HTML-escaped where the message asks for it.

        Nobody here knows which parts of a stored template show what. The text parts of an inline
        one show every value as it is.
        """
        if not self._message.escape_merge_data:
            return values
        if self._message.template_id:
            return {name: _escaped(value) for name, value in values.items()}
        in_html = [name for name in values if name in self._in_html]
        return {**values, **{f"{name}{ESCAPED}": _escaped(values[name]) for name in in_html}}


def html_template(message: EmailMessage) -> str | None:
    """Return an inline template's HTML: it asks for the values that were escaped."""
    if not (message.escape_merge_data and message.html_body):
        return message.html_body
    return PLACEHOLDER.sub(rf"\1\2{ESCAPED}\3", message.html_body)


def _escaped(value: Any) -> Any:
    """HTML-escape every text within merge values."""
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escaped(inner) for inner in value]
    return value
