"""Rules between the fields of a message. Each yields an error for each field that breaks it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from amsdal_mail.email_id import EMAIL_ID_TAG, TEMPLATE_VERSION_TAG
from amsdal_mail.exceptions import FieldError
from amsdal_mail.message import limits
from amsdal_mail.message.fields import MessageFields
from amsdal_mail.message.headers import (
    HeaderValue,
    check_repetition,
    check_structured_header,
    encode_header,
    header_lines,
)
from amsdal_mail.message.merge_data import merge_headers_for
from amsdal_mail.message.merge_rules import MERGE_RULES
from amsdal_mail.message.tag_names import (
    FEEDBACK_IDS,
    METADATA_PREFIX,
    are_plain_names,
    metadata_tag_name,
    sanitize_tag_name,
)
from amsdal_mail.sensitive import SENSITIVE_TAG

__all__ = ["broken_rules"]

SHORT_VALUE = 500
"""Characters of a header value that needs no look at its words: encoded ones have at most 75."""
LARGEST_GROWTH = 13
"""Bytes of quoted-printable that a character can become: 4 bytes, 3 characters each, and breaks."""
HEADER_RESERVE = 1024 * 1024
"""Bytes that leave room for the headers of the message and its parts, and their addresses."""
OWN_TAGS = {
    EMAIL_ID_TAG: "the tag of the service with the email's id",
    SENSITIVE_TAG: "the tag of sensitive email",
    TEMPLATE_VERSION_TAG: "the tag of the service with the version of the template",
}
"""The names of the tags that this library and the service add, each with its purpose."""
PRINTABLE = bytes({*range(32, 127), 9, 10, 13} - {ord("=")})


def broken_rules(message: MessageFields) -> list[FieldError]:
    """Return an error for each rule that the message breaks."""
    rules = TEMPLATE_RULES if message.is_templated else RULES
    return [error for rule in rules for error in rule(message)]


def _recipients(message: MessageFields) -> Iterator[FieldError]:
    limit = limits.RECIPIENT_LIMIT
    copies = len(message.cc) + len(message.bcc)
    if not message.to and (message.is_personalized or not copies):
        yield FieldError("to", "needs at least one recipient")
    elif message.is_personalized and copies + 1 > limit:
        yield FieldError("cc", f"1 to, {copies} cc and bcc: SES takes {limit} recipients a message")
    elif not message.is_personalized and copies + len(message.to) > limit:
        yield FieldError(
            "to",
            f"{copies + len(message.to)} recipients in to, cc and bcc: SES takes {limit} a message"
            " (with merge_data, each gets a message of its own and there is no limit)",
        )


def _content(message: MessageFields) -> Iterator[FieldError]:
    if not (message.template_id or message.body or message.html_body):
        yield FieldError("body", "must not be empty without html_body or template_id")


def _headers(message: MessageFields) -> Iterator[FieldError]:
    if message.headers:
        yield from _checked_headers("headers", message.headers)
    for mailbox, headers in (message.merge_headers or {}).items():
        yield from _checked_headers(f"merge_headers.{mailbox}", headers)


def _checked_headers(field: str, headers: Mapping[str, HeaderValue]) -> Iterator[FieldError]:
    counts = Counter([name.lower() for name in headers]) if len(headers) > 1 else {}
    for name, count in counts.items():
        if count > 1:
            yield FieldError(field, f"{name} is given {count} times in different spellings")
    for name, values in headers.items():
        if isinstance(values, tuple):
            try:
                check_repetition(name, values)
            except ValueError as error:
                yield FieldError(f"{field}.{name}", str(error))
    for name, value in header_lines(headers):
        try:
            check_structured_header(name, value)
        except ValueError as error:
            yield FieldError(f"{field}.{name}", str(error))
            continue
        if len(value) < SHORT_VALUE:
            continue
        longest = max(map(len, encode_header(name, value).split()), default=0)
        if longest >= limits.LINE_LIMIT:
            rule = f"has a word of {longest} characters, a line takes {limits.LINE_LIMIT}"
            yield FieldError(f"{field}.{name}", rule)


def _headers_with_template(message: MessageFields) -> Iterator[FieldError]:
    yield from _template_headers("headers", message.headers, message.headers)
    for mailbox, own_headers in (message.merge_headers or {}).items():
        all_headers = merge_headers_for(message, own_headers)
        yield from _template_headers(f"merge_headers.{mailbox}", own_headers, all_headers)


def _template_headers(
    field: str, headers: Mapping[str, HeaderValue], all_headers: Mapping[str, HeaderValue]
) -> Iterator[FieldError]:
    limit = limits.HEADER_COUNT_LIMIT
    count = sum(1 for _ in header_lines(all_headers))
    if count > limit:
        yield FieldError(field, f"{count} headers: SES takes {limit} with a template")
    for name, value in header_lines(headers):
        try:
            length = len(encode_header(name, value))
        except ValueError:  # _headers reports it
            continue
        if not 1 <= length <= limits.HEADER_VALUE_LIMIT:
            rule = f"has {length} characters encoded, SES takes 1 to {limits.HEADER_VALUE_LIMIT}"
            yield FieldError(f"{field}.{name}", f"{rule} with a template")


def _sensitive(message: MessageFields) -> Iterator[FieldError]:
    if not message.sensitive:
        return
    for field, is_tracked in (
        ("track_opens", message.track_opens),
        ("track_clicks", message.track_clicks),
    ):
        if is_tracked:
            yield FieldError(field, "cannot be true with sensitive: such an email is not tracked")


def _alternatives(message: MessageFields) -> Iterator[FieldError]:
    """Refuse other forms of the text: a template of SES has a text and an HTML part only.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EmailTemplateContent.html
    """
    if message.alternatives:
        yield FieldError("alternatives", "cannot go with a template or merge data")


def _tags(message: MessageFields) -> Iterator[FieldError]:
    if message.tags or message.metadata:
        yield from _checked_tags("metadata", message, message.metadata)
    for mailbox, own_metadata in (message.merge_metadata or {}).items():
        field = f"merge_metadata.{mailbox}"
        yield from _checked_tags(field, message, {**message.metadata, **own_metadata})


def _checked_tags(
    field: str, message: MessageFields, metadata: Mapping[str, str]
) -> Iterator[FieldError]:
    count = len(message.tags) + len(metadata)
    if count > limits.TAG_COUNT_LIMIT:
        rule = f"{count} tags and metadata together, at most {limits.TAG_COUNT_LIMIT} are allowed"
        yield FieldError("tags" if field == "metadata" else field, rule)
    limit = limits.TAG_LENGTH_LIMIT - len(METADATA_PREFIX)
    for key in metadata:
        if len(key) > limit:
            yield FieldError(f"{field}.{key}", f"key has {len(key)} characters, at most {limit}")
    yield from _tag_names(field, message, metadata)


def _tag_names(
    field: str, message: MessageFields, metadata: Mapping[str, str]
) -> Iterator[FieldError]:
    """Two names that SES's alphabet makes equal would be one tag, and one of them would be lost."""
    given_names = {*message.tags, *map(metadata_tag_name, metadata), *OWN_TAGS}
    if are_plain_names(given_names, len({*message.tags}) + len(metadata) + len(OWN_TAGS)):
        return
    seen = dict(OWN_TAGS)
    distinct_tags = {tag: index for index, tag in reversed(list(enumerate(message.tags)))}
    names = [(f"tags[{index}]", tag, tag) for tag, index in reversed(distinct_tags.items())]
    names += [(f"{field}.{key}", key, metadata_tag_name(key)) for key in metadata]
    for path, given, name in names:
        is_feedback_id = given in FEEDBACK_IDS and not path.startswith("tags[")
        if given.lower().startswith("ses:") and not is_feedback_id:
            rule = "only ses:feedback-id-a and ses:feedback-id-b may be set, in metadata"
            yield FieldError(path, f"names with ses: belong to SES: {rule}")
            continue
        ses_name = sanitize_tag_name(name)
        if ses_name in seen:
            yield FieldError(path, f"is {ses_name} in SES, like {seen[ses_name]}")
        seen.setdefault(ses_name, path)


def _attachments(message: MessageFields) -> Iterator[FieldError]:
    if not message.attachments:
        return
    ids = Counter(attachment.content_id for attachment in message.attachments)
    for index, attachment in enumerate(message.attachments):
        content_id = attachment.content_id
        if content_id and ids[content_id] > 1:
            rule = f"{content_id} is given {ids[content_id]} times: cid:{content_id} means one file"
            yield FieldError(f"attachments[{index}].content_id", rule)


def _size(message: MessageFields) -> Iterator[FieldError]:
    """Check the size of the MIME message, which is written only where it is near the limit."""
    alternatives = [content for content, _ in message.alternatives]
    texts = (message.body, message.html_body or "", *alternatives)
    files = sum(_base64_size(len(attachment.content)) for attachment in message.attachments)
    limit = limits.MESSAGE_SIZE_LIMIT
    if files + LARGEST_GROWTH * sum(map(len, texts)) + HEADER_RESERVE <= limit:
        return
    text = sum(_quoted_size(part.encode()) for part in texts)
    size = files + text
    if size <= limit:
        from amsdal_mail.message.mime_stream import mime_stream

        size = mime_stream(message).size
    if size > limit:
        field = "attachments" if files > text else "body"
        yield FieldError(field, f"message has {size} bytes when encoded, SES takes {limit}")


def _base64_size(count: int) -> int:
    """Return the bytes of base64 with a line break (CRLF) after each 76 characters."""
    encoded = -(-count // 3) * 4
    return encoded + -(-encoded // 76) * 2


def _quoted_size(text: bytes) -> int:
    """Return the bytes of quoted-printable without its line breaks."""
    return len(text) + 2 * len(text.translate(None, PRINTABLE))


RULES = (_recipients, _content, _headers, _tags, _attachments, _sensitive, _size)
TEMPLATE_RULES = (*RULES, _alternatives, _headers_with_template, *MERGE_RULES)
