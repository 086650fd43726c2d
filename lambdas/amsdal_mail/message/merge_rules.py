"""Rules on merge data: addresses, placeholders, sizes. Only templated messages need them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from amsdal_mail.addresses import CONTROL, parse_address
from amsdal_mail.exceptions import FieldError
from amsdal_mail.message import limits
from amsdal_mail.message.fields import MessageFields
from amsdal_mail.message.headers import header_lines
from amsdal_mail.message.merge_data import (
    PLACEHOLDER,
    TemplateValues,
    Values,
    merge_data_by_address,
    placeholder_paths,
    value_at,
)

__all__ = ["MERGE_RULES"]

TEMPLATE_FIELDS = ("subject", "body", "html_body")
OPEN_TRACKER = "{{ses:openTracker}}"
"""The place of the pixel that shows opens: https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html."""
ADVICE = {
    "headers": "merge_headers has headers of one recipient",
    "metadata": "merge_metadata has metadata of one recipient",
}


def _addresses(message: MessageFields) -> Iterator[FieldError]:
    yield from _unique("to", message.to if message.is_personalized else ())
    to = set(_addr_specs(message.to)) if message.is_personalized else set()
    for field in ("merge_data", "merge_headers", "merge_metadata"):
        mailboxes = tuple(getattr(message, field) or ())
        for mailbox in mailboxes:
            if parse_address(mailbox).addr_spec not in to:
                yield FieldError(f"{field}.{mailbox}", "is not one of the addresses in to")
        yield from _unique(field, mailboxes)


def _unique(field: str, mailboxes: Sequence[str]) -> Iterator[FieldError]:
    for addr_spec, count in Counter(_addr_specs(mailboxes)).items():
        if count > 1:
            yield FieldError(field, f"{addr_spec} is given {count} times: each would get a message")


def _copies(message: MessageFields) -> Iterator[FieldError]:
    """Each message of a personalized email has one address of `to`, and all of cc and bcc."""
    if not message.is_personalized or not (message.cc or message.bcc):
        return
    to = set(_addr_specs(message.to))
    for field, copies in {"cc": message.cc, "bcc": message.bcc}.items():
        for addr_spec in dict.fromkeys(_addr_specs(copies)):
            if addr_spec in to:
                yield FieldError(
                    field,
                    f"{addr_spec} is in to as well: with merge_data, cc and bcc get a copy of every"
                    " message",
                )


def _sizes(message: MessageFields) -> Iterator[FieldError]:
    template_values = TemplateValues(message)
    sizes, encoded_sizes = {}, {}
    for field, values in _values_by_field(message).items():
        try:
            text = template_values.json(values)
        except ValueError:
            rule = "has NaN, infinity or a lone surrogate: JSON cannot encode them"
            yield FieldError(field, rule)
            continue
        sizes[field], encoded_sizes[field] = len(text), len(json.dumps(text))
    yield from _template_data_sizes(sizes)
    yield from _bulk_sizes(message, encoded_sizes)


def _template_data_sizes(sizes: Mapping[str, int]) -> Iterator[FieldError]:
    limit = limits.TEMPLATE_DATA_LIMIT
    globals_size = sizes.get("merge_global_data", 0)
    for field, own_size in sizes.items():
        # An upper bound: a name in both counts twice, so that nothing has to be merged here.
        size = own_size if field == "merge_global_data" else own_size + globals_size
        if size > limit:
            yield FieldError(
                field, f"has {size} characters as JSON with the globals: at most {limit}"
            )


def _bulk_sizes(message: MessageFields, encoded_sizes: Mapping[str, int]) -> Iterator[FieldError]:
    """Each entry of a bulk call repeats the global values.

    SES does not document that it adds the default values to those of an entry.
    """
    if not message.is_personalized:
        return
    limit = limits.BULK_DATA_LIMIT
    own_sizes = {
        parse_address(mailbox).addr_spec: encoded_sizes.get(f"merge_data.{mailbox}", 0)
        for mailbox in message.merge_data or ()
    }
    for start in range(0, len(message.to), limits.RECIPIENT_LIMIT):
        chunk = message.to[start : start + limits.RECIPIENT_LIMIT]
        globals_size = len(chunk) * encoded_sizes.get("merge_global_data", 0)
        total = globals_size + sum(own_sizes.get(addr_spec, 0) for addr_spec in _addr_specs(chunk))
        if total > limit:
            field = "merge_global_data" if 2 * globals_size >= total else "merge_data"
            rule = f"makes, for {len(chunk)} recipients in one call to SES, {total} bytes of values"
            yield FieldError(field, f"{rule} with the globals in each: at most {limit}")
            return


def _placeholders(message: MessageFields) -> Iterator[FieldError]:
    """SES accepts a message with a missing value and reports a rendering failure later.

    So it is refused here. See RenderingFailure in
    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html.
    """
    if message.template_id is not None:
        return
    for field in TEMPLATE_FIELDS:
        text = getattr(message, field) or ""
        for path in placeholder_paths(text):
            recipient = _recipient_without(path, message)
            if recipient:
                yield FieldError(field, f"{{{{{'.'.join(path)}}}}} has no value for {recipient}")
        if "{{" in PLACEHOLDER.sub(" ", text.replace(OPEN_TRACKER, "")):
            yield FieldError(field, "has {{ without a plain name after it: SES fills {{name}}")


def _recipient_without(path: Sequence[str], message: MessageFields) -> str | None:
    """Return the first recipient that has no value at a path, or None."""
    has_global_value = value_at(message.merge_global_data or {}, path) is not None
    if not message.is_personalized:
        return None if has_global_value else "any recipient"
    own_values = merge_data_by_address(message)
    if has_global_value and not any(path[0] in values for values in own_values.values()):
        return None
    for addr_spec in _addr_specs(message.to):
        values = own_values.get(addr_spec, {})
        has_value = value_at(values, path) is not None if path[0] in values else has_global_value
        if not has_value:
            return addr_spec
    return None


def _placeholders_elsewhere(message: MessageFields) -> Iterator[FieldError]:
    """SES fills placeholders in the subject and the bodies only."""
    for field, text in _texts_outside_the_template(message):
        if PLACEHOLDER.search(text):
            rule = "has a placeholder: SES fills them in subject, body and html_body only"
            advice = ADVICE.get(field.partition(".")[0])
            yield FieldError(field, f"{rule} ({advice})" if advice else rule)


def _texts_outside_the_template(message: MessageFields) -> Iterator[tuple[str, str]]:
    yield "from_email", message.from_email
    for field in ("to", "cc", "bcc", "reply_to", "tags"):
        for index, text in enumerate(getattr(message, field)):
            yield f"{field}[{index}]", text
    for name, value in header_lines(message.headers):
        yield f"headers.{name}", value
    for key, value in message.metadata.items():
        yield f"metadata.{key}", value
    for mailbox, headers in (message.merge_headers or {}).items():
        for name, value in header_lines(headers):
            yield f"merge_headers.{mailbox}.{name}", value
    for mailbox, metadata in (message.merge_metadata or {}).items():
        for key, value in metadata.items():
            yield f"merge_metadata.{mailbox}.{key}", value
    for index, attachment in enumerate(message.attachments):
        yield f"attachments[{index}].filename", attachment.filename


def _values_in_subject(message: MessageFields) -> Iterator[FieldError]:
    if message.template_id is not None:
        return
    names = dict.fromkeys(path[0] for path in placeholder_paths(message.subject))
    for field, values in _values_by_field(message).items():
        for name in names:
            if name in values and any(map(CONTROL.search, _strings_in(values[name]))):
                yield FieldError(f"{field}.{name}", "is used in the subject: must be one line")


def _strings_in(value: Any) -> Iterator[str]:
    """Yield the texts within a value and the names within it. A template can show both."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)


def _values_by_field(message: MessageFields) -> dict[str, Values]:
    merge_data = message.merge_data or {}
    own_values = {f"merge_data.{mailbox}": values for mailbox, values in merge_data.items()}
    return {"merge_global_data": message.merge_global_data or {}, **own_values}


def _addr_specs(mailboxes: Iterable[str]) -> Iterator[str]:
    return (parse_address(mailbox).addr_spec for mailbox in mailboxes)


MERGE_RULES = (
    _addresses,
    _copies,
    _sizes,
    _placeholders,
    _placeholders_elsewhere,
    _values_in_subject,
)
