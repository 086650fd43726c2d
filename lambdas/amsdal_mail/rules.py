"""The rules between the fields of a message, each a generator of what it finds broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from amsdal_mail import limits
from amsdal_mail.addresses import CONTROL, encode_header_text, parse_address
from amsdal_mail.exceptions import FieldError
from amsdal_mail.merging import PLACEHOLDER, own_values, template_data

if TYPE_CHECKING:
    from amsdal_mail.message import EmailMessage

METADATA_PREFIX = "metadata:"


def broken_rules(message: EmailMessage) -> list[FieldError]:
    """Find every rule between fields that the message breaks."""
    return [error for rule in RULES for error in rule(message)]


def _recipients(message: EmailMessage) -> Iterator[FieldError]:
    limit = limits.RECIPIENT_LIMIT
    copies = len(message.cc) + len(message.bcc)
    if not message.to and (message.is_merged or not copies):
        yield FieldError("to", "needs at least one recipient")
    elif message.is_merged and copies + 1 > limit:
        yield FieldError("cc", f"1 to, {copies} cc and bcc: SES takes {limit} recipients a message")
    elif not message.is_merged and copies + len(message.to) > limit:
        yield FieldError(
            "to",
            f"{copies + len(message.to)} recipients in to, cc and bcc: SES takes {limit} a message"
            " (with merge_data, each gets a message of its own and there is no limit)",
        )


def _content(message: EmailMessage) -> Iterator[FieldError]:
    if not (message.template_id or message.body or message.html_body):
        yield FieldError("body", "must not be empty without html_body or template_id")


def _merge_data(message: EmailMessage) -> Iterator[FieldError]:
    yield from _given_once("to", message.to if message.is_merged else ())
    known = {parse_address(one).spec for one in message.to} if message.merge_data else set()
    readable = []
    for address in message.merge_data or ():
        try:
            readable.append(parse_address(address).spec)
        except ValueError as error:
            yield FieldError(f"merge_data.{address}", str(error))
            continue
        if readable[-1] not in known:
            yield FieldError(f"merge_data.{address}", "is not one of the addresses in to")
    yield from _given_once("merge_data", readable)


def _given_once(field: str, addresses: Sequence[str]) -> Iterator[FieldError]:
    for spec, count in Counter(parse_address(one).spec for one in addresses).items():
        if count > 1:
            yield FieldError(field, f"{spec} is given {count} times: each would get a message")


def _merge_values(message: EmailMessage) -> Iterator[FieldError]:
    limit = limits.TEMPLATE_DATA_LIMIT
    sizes = {}
    every = {f"merge_data.{one}": values for one, values in (message.merge_data or {}).items()}
    for field, values in {"merge_global_data": message.merge_global_data or {}, **every}.items():
        try:
            sizes[field] = len(template_data(message, values))
        except ValueError:
            yield FieldError(field, "has NaN, infinity or a lone surrogate: JSON cannot write them")
    globals_size = sizes.get("merge_global_data", 0)
    for field, own_size in sizes.items():
        # A bound that spares merging: what both have counts twice.
        size = own_size if field == "merge_global_data" else own_size + globals_size
        if size > limit:
            yield FieldError(
                field, f"has {size} characters as JSON with the globals: at most {limit}"
            )


def _placeholders(message: EmailMessage) -> Iterator[FieldError]:
    """SES takes what it cannot fill in, and tells of it by an event: nobody gets the message."""
    if message.template_id or not message.is_templated:
        return
    known = message.merge_global_data or {}
    try:
        own = own_values(message)
    except ValueError:  # _merge_data names it
        return
    to = [parse_address(one).spec for one in message.to] if message.is_merged else []
    for field in ("subject", "body", "html_body"):
        for name in dict.fromkeys(_placeholder_names(getattr(message, field))):
            without = (one for one in to if name not in own.get(one, {}))
            whose = next(without, None) if message.is_merged else "anybody"
            if whose and name not in known:
                yield FieldError(field, f"{{{{{name}}}}} has no value for {whose}")


def _placeholder_names(text: str | None) -> list[str]:
    return [found[2] for found in PLACEHOLDER.finditer(text or "")]


def _merged_subject(message: EmailMessage) -> Iterator[FieldError]:
    if message.template_id or not message.is_templated:
        return
    names = _placeholder_names(message.subject)
    fields = {"merge_global_data": message.merge_global_data or {}}
    fields |= {f"merge_data.{one}": values for one, values in (message.merge_data or {}).items()}
    for field, values in fields.items():
        for name in names:
            if CONTROL.search(str(values.get(name, ""))):
                yield FieldError(f"{field}.{name}", "stands in the subject: must be one line")


def _headers(message: EmailMessage) -> Iterator[FieldError]:
    for name, count in Counter(name.lower() for name in message.headers).items():
        if count > 1:
            yield FieldError("headers", f"{name} is given {count} times in different spellings")
    for name, value in message.headers.items():
        longest = max(map(len, encode_header_text(value).split()), default=0)
        if longest >= limits.LINE_LIMIT:
            rule = f"has a word of {longest} characters, a line takes {limits.LINE_LIMIT}"
            yield FieldError(f"headers.{name}", rule)
    if message.is_templated:
        yield from _headers_with_template(message)


def _headers_with_template(message: EmailMessage) -> Iterator[FieldError]:
    limit = limits.HEADER_COUNT_LIMIT
    if len(message.headers) > limit:
        yield FieldError(
            "headers", f"{len(message.headers)} headers: SES takes {limit} with a template"
        )
    for name, value in message.headers.items():
        length = len(encode_header_text(value))
        if not 1 <= length <= limits.HEADER_VALUE_LIMIT:
            rule = f"has {length} characters encoded, SES takes 1 to {limits.HEADER_VALUE_LIMIT}"
            yield FieldError(f"headers.{name}", f"{rule} with a template")


def _tags(message: EmailMessage) -> Iterator[FieldError]:
    count = len(message.tags) + len(message.metadata)
    if count > limits.TAG_COUNT_LIMIT:
        rule = f"{count} tags and metadata together, at most {limits.TAG_COUNT_LIMIT} are allowed"
        yield FieldError("tags", rule)
    room = limits.TAG_LENGTH_LIMIT - len(METADATA_PREFIX)
    for key in message.metadata:
        if len(key) > room:
            yield FieldError(f"metadata.{key}", f"key has {len(key)} characters, at most {room}")


def _size(message: EmailMessage) -> Iterator[FieldError]:
    content = sum(4 * len(one.content) // 3 for one in message.attachments)
    parts = (message.body, message.html_body or "")
    text = sum(4 * len(part.encode()) // 3 for part in parts)
    if content + text > limits.MESSAGE_SIZE_LIMIT:
        field = "attachments" if content > text else "body"
        yield FieldError(
            field,
            f"message has {content + text} bytes after base64, SES takes"
            f" {limits.MESSAGE_SIZE_LIMIT}",
        )


RULES = (
    _recipients,
    _content,
    _merge_data,
    _merge_values,
    _placeholders,
    _merged_subject,
    _headers,
    _tags,
    _size,
)
