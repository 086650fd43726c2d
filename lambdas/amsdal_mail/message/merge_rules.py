"""The rules on what is merged: whose values there are, where they stand, how long they get."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import CONTROL, parse_address
from amsdal_mail.exceptions import FieldError
from amsdal_mail.message import limits
from amsdal_mail.message.merge_data import (
    PLACEHOLDER,
    TemplateValues,
    Values,
    merge_data_by_address,
)

if TYPE_CHECKING:
    from amsdal_mail.message.email import EmailMessage

__all__ = ["MERGE_RULES"]


def _merge_data(message: EmailMessage) -> Iterator[FieldError]:
    yield from _given_once("to", message.to if message.is_personalized else ())
    known = set(_specs(message.to)) if message.merge_data else set()
    readable = []
    for address in message.merge_data or ():
        try:
            readable.append(parse_address(address).addr_spec)
        except ValueError as error:
            yield FieldError(f"merge_data.{address}", str(error))
            continue
        if readable[-1] not in known:
            yield FieldError(f"merge_data.{address}", "is not one of the addresses in to")
    yield from _given_once("merge_data", readable)


def _given_once(field: str, addresses: Sequence[str]) -> Iterator[FieldError]:
    for spec, count in Counter(_specs(addresses)).items():
        if count > 1:
            yield FieldError(field, f"{spec} is given {count} times: each would get a message")


def _copies(message: EmailMessage) -> Iterator[FieldError]:
    """Each message of a merged email goes to one of `to`, and to all of cc and bcc."""
    if not message.is_personalized or not (message.cc or message.bcc):
        return
    to = set(_specs(message.to))
    for field, copies in {"cc": message.cc, "bcc": message.bcc}.items():
        for spec in dict.fromkeys(_specs(copies)):
            if spec in to:
                yield FieldError(
                    field,
                    f"{spec} is in to as well: with merge_data, cc and bcc get a copy of every"
                    " message",
                )


def _sizes(message: EmailMessage) -> Iterator[FieldError]:
    written = TemplateValues(message)
    sizes, sent = {}, {}
    for field, values in _values_by_field(message).items():
        try:
            text = written.json(values)
        except ValueError:
            yield FieldError(field, "has NaN, infinity or a lone surrogate: JSON cannot write them")
            continue
        sizes[field], sent[field] = len(text), len(json.dumps(text))
    yield from _template_data_sizes(sizes)
    yield from _bulk_sizes(message, sent)


def _template_data_sizes(sizes: Mapping[str, int]) -> Iterator[FieldError]:
    limit = limits.TEMPLATE_DATA_LIMIT
    globals_size = sizes.get("merge_global_data", 0)
    for field, own_size in sizes.items():
        # A bound that spares merging: what both have counts twice.
        size = own_size if field == "merge_global_data" else own_size + globals_size
        if size > limit:
            yield FieldError(
                field, f"has {size} characters as JSON with the globals: at most {limit}"
            )


def _bulk_sizes(message: EmailMessage, sent: Mapping[str, int]) -> Iterator[FieldError]:
    """Every entry of a bulk call repeats the globals: nobody says that SES merges them in."""
    limit = limits.BULK_DATA_LIMIT
    own = {spec: sent.get(f"merge_data.{one}", 0) for spec, one in _keys(message)}
    for start in range(
        0, len(message.to) if message.is_personalized else 0, limits.RECIPIENT_LIMIT
    ):
        chunk = message.to[start : start + limits.RECIPIENT_LIMIT]
        of_globals = len(chunk) * sent.get("merge_global_data", 0)
        total = of_globals + sum(own.get(spec, 0) for spec in _specs(chunk))
        if total > limit:
            field = "merge_global_data" if 2 * of_globals >= total else "merge_data"
            rule = f"makes, for {len(chunk)} recipients in one call to SES, {total} bytes of values"
            yield FieldError(field, f"{rule} with the globals in each: at most {limit}")
            return


def _placeholders(message: EmailMessage) -> Iterator[FieldError]:
    """SES takes what it cannot fill in, and tells of it by an event: nobody gets the message."""
    if not _is_inline_template(message):
        return
    known = message.merge_global_data or {}
    try:
        own = merge_data_by_address(message)
    except ValueError:  # _merge_data names it
        return
    to = list(_specs(message.to)) if message.is_personalized else []
    for field in ("subject", "body", "html_body"):
        for name in _placeholder_names(getattr(message, field)):
            without = (one for one in to if name not in own.get(one, {}))
            whose = next(without, None) if message.is_personalized else "anybody"
            if whose and name not in known:
                yield FieldError(field, f"{{{{{name}}}}} has no value for {whose}")


def _merged_subject(message: EmailMessage) -> Iterator[FieldError]:
    if not _is_inline_template(message):
        return
    if "{{" in PLACEHOLDER.sub(" ", message.subject):
        yield FieldError("subject", "has {{ without a plain name behind it: SES fills {{name}}")
    names = _placeholder_names(message.subject)
    for field, values in _values_by_field(message).items():
        for name in names:
            if name in values and any(map(CONTROL.search, _texts(values[name]))):
                yield FieldError(f"{field}.{name}", "stands in the subject: must be one line")


def _texts(value: Any) -> Iterator[str]:
    """Find every text within a value, its names too: a template can show any of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _is_inline_template(message: EmailMessage) -> bool:
    return message.is_templated and message.template_id is None


def _placeholder_names(text: str | None) -> list[str]:
    return list(dict.fromkeys(found[2] for found in PLACEHOLDER.finditer(text or "")))


def _values_by_field(message: EmailMessage) -> dict[str, Values]:
    own = {f"merge_data.{one}": values for one, values in (message.merge_data or {}).items()}
    return {"merge_global_data": message.merge_global_data or {}, **own}


def _keys(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for one in message.merge_data or ():
        try:
            yield parse_address(one).addr_spec, one
        except ValueError:  # _merge_data names it
            continue


def _specs(addresses: Iterable[str]) -> Iterator[str]:
    return (parse_address(one).addr_spec for one in addresses)


MERGE_RULES = (_merge_data, _copies, _sizes, _placeholders, _merged_subject)
