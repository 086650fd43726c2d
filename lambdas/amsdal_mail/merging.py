"""Merge values: whose they are, globals under a recipient's own, and the JSON that SES is given."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import parse_address

if TYPE_CHECKING:
    from amsdal_mail.message import EmailMessage

__all__ = ["escaped", "own_values", "template_data", "values_of"]

Values = Mapping[str, Any]


def own_values(message: EmailMessage) -> dict[str, Values]:
    """Return `merge_data` by bare address, however its keys are written."""
    return {parse_address(one).spec: values for one, values in (message.merge_data or {}).items()}


def values_of(message: EmailMessage, own: Values) -> dict[str, Any]:
    """Return the values of one recipient: the globals, and over them the recipient's own."""
    return {**(message.merge_global_data or {}), **own}


def template_data(message: EmailMessage, values: Values) -> str:
    """Write values as the JSON text SES takes, HTML-escaped where the message asks for it.

    Raises:
        ValueError: JSON or UTF-8 cannot write one of them (NaN, infinity, a lone surrogate).
    """
    data = escaped(values) if message.escape_merge_data else values
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    text.encode()
    return text


def escaped(value: Any) -> Any:
    """HTML-escape every text within merge values."""
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {key: escaped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [escaped(inner) for inner in value]
    return value
