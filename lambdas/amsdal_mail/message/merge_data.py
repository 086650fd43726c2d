"""Merge data: the values of each recipient, their escaping, and the JSON that SES takes."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.fields import MessageFields
from amsdal_mail.message.headers import HeaderValue

__all__ = [
    "PLACEHOLDER",
    "TemplateValues",
    "Values",
    "by_address",
    "fill",
    "html_template",
    "merge_data_by_address",
    "merge_headers_for",
    "merge_values_for",
    "placeholder_paths",
    "value_at",
]

Values = Mapping[str, Any]
T = TypeVar("T")
PLACEHOLDER = re.compile(r"(\{\{\{?\s*)([\w-]+)((?:\.[\w.-]*)?\s*\}?\}\})")
"""A placeholder of an inline template. Group 2 is the first name, group 3 the rest of the path."""
ESCAPED_SUFFIX = "__escaped"
"""Ends the name of an HTML-escaped value in the HTML of an inline template."""


def by_address(merged: Mapping[str, T] | None) -> dict[str, T]:
    """Return a mapping of recipients by bare address. Its keys may have display names."""
    return {parse_address(mailbox).addr_spec: values for mailbox, values in (merged or {}).items()}


def merge_data_by_address(message: MessageFields) -> dict[str, Values]:
    """Return `merge_data` by bare address."""
    return by_address(message.merge_data)


def merge_headers_for(
    message: MessageFields, own_headers: Mapping[str, HeaderValue]
) -> dict[str, HeaderValue]:
    """Return the headers of a message, replaced by those of one recipient in any letter case."""
    replaced = {name.lower() for name in own_headers}
    shared = {name: v for name, v in message.headers.items() if name.lower() not in replaced}
    return {**shared, **own_headers}


def placeholder_paths(text: str | None) -> list[tuple[str, ...]]:
    """Return the distinct paths of the placeholders: `("user", "name")` for `{{user.name}}`."""
    found = (f"{match[2]}{match[3]}".rstrip("} \t\r\n") for match in _placeholders(text))
    return [tuple(path.split(".")) for path in dict.fromkeys(found)]


def value_at(values: Values, path: Sequence[str]) -> Any:
    """Return the value at the end of a path. None is no value to SES, as when it is missing."""
    value: Any = values
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def fill(text: str, values: Values) -> str:
    """Return the text with its placeholders filled as SES does: values are not escaped."""

    def filled(match: re.Match[str]) -> str:
        ((*path,),) = placeholder_paths(match[0])
        value = value_at(values, path)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return PLACEHOLDER.sub(filled, text)


def _placeholders(text: str | None) -> Iterator[re.Match[str]]:
    return PLACEHOLDER.finditer(text or "")


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
