"""Content of SES requests that not every email has: a template, headers, attachments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.headers import HeaderValue, encode_header, header_lines
from amsdal_mail.message.limits import HEADER_COUNT_LIMIT, HEADER_VALUE_LIMIT
from amsdal_mail.message.merge_data import html_template

__all__ = ["fits_simple_content", "header_parameters", "headers_and_attachments", "template"]

Params = dict[str, Any]


def fits_simple_content(message: EmailMessage) -> bool:
    """Return whether SES's Simple content takes the headers.

    A repeated header goes as MIME: whether SES takes it in `Headers` is not documented.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
    """
    lengths = [len(encode_header(name, value)) for name, value in header_lines(message.headers)]
    return (
        not message.alternatives
        and len(message.headers) == len(lengths) <= HEADER_COUNT_LIMIT
        and all(1 <= length <= HEADER_VALUE_LIMIT for length in lengths)
    )


def template(message: EmailMessage, template_data: str) -> Params:
    """Return a stored template by its name, or an inline template, with merge values as JSON."""
    params: Params = {"TemplateData": template_data}
    if message.template_id:
        params["TemplateName"] = message.template_id
    else:
        parts = {"Subject": message.subject, "Text": message.body, "Html": html_template(message)}
        params["TemplateContent"] = {name: text for name, text in parts.items() if text}
    return params | headers_and_attachments(message)


def headers_and_attachments(message: EmailMessage) -> Params:
    """Return the parameters that Simple and Template content have in common."""
    parts: Params = {}
    if message.headers:
        parts["Headers"] = header_parameters(message.headers)
    if message.attachments:
        parts["Attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return parts


def header_parameters(headers: Mapping[str, HeaderValue]) -> list[Params]:
    """Return names and values as ASCII."""
    return [
        {"Name": name, "Value": encode_header(name, value)} for name, value in header_lines(headers)
    ]


def _attachment(attachment: Attachment) -> Params:
    params: Params = {
        "FileName": attachment.filename,
        "RawContent": attachment.content,
        "ContentType": attachment.content_type,
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "ATTACHMENT",
    }
    if attachment.content_id:
        params |= {"ContentDisposition": "INLINE", "ContentId": attachment.content_id}
    return params
