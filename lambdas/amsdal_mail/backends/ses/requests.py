"""An EmailMessage as the SESv2 calls that send it: pure, nothing is sent here.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and API_SendBulkEmail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from amsdal_mail.addresses import encode_header_text, parse_address
from amsdal_mail.backends.aws.flow import Call
from amsdal_mail.backends.ses.tags import Tags, tag_parameters
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.limits import HEADER_COUNT_LIMIT, HEADER_VALUE_LIMIT, RECIPIENT_LIMIT
from amsdal_mail.message.merge_data import (
    TemplateValues,
    html_template,
    merge_data_by_address,
    merge_values_for,
)
from amsdal_mail.message.mime import mime_bytes

__all__ = ["Request", "build_requests"]

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `entries` are the single answers it will get, each for some addresses.

    SendEmail answers once for all recipients; SendBulkEmail once for each of `bulk_entries`.
    """

    params: Params
    entries: tuple[tuple[str, ...], ...]
    bulk_entries: tuple[Params, ...] = ()

    def call(self, tags: Tags) -> Call:
        """Write the call, with these tags."""
        if self.bulk_entries:
            bulk = {"DefaultEmailTags": tag_parameters(tags), "BulkEmailEntries": self.bulk_entries}
            return Call("send_bulk_email", self.params | bulk)
        return Call("send_email", self.params | {"EmailTags": tag_parameters(tags)})

    def only(self, indexes: Sequence[int]) -> Request:
        """Return the same call for some of its entries."""
        bulk = tuple(self.bulk_entries[i] for i in indexes) if self.bulk_entries else ()
        return replace(self, entries=tuple(self.entries[i] for i in indexes), bulk_entries=bulk)


def build_requests(message: EmailMessage, configuration_set: str | None) -> list[Request]:
    """Say which calls send the message: one, or one for each 50 of its merged recipients."""
    params: Params = {"FromEmailAddress": _mailbox(message.from_email)}
    if configuration_set:
        params["ConfigurationSetName"] = configuration_set
    if message.is_personalized:
        return _bulk_requests(message, params)
    addresses = tuple(one.addr_spec for one in message.recipients)
    params |= {"Destination": _destination(message, message.to), "Content": _content(message)}
    if message.reply_to and "Raw" not in params["Content"]:
        params["ReplyToAddresses"] = _mailboxes(message.reply_to)
    return [Request(params, (addresses,))]


def _bulk_requests(message: EmailMessage, params: Params) -> list[Request]:
    params["DefaultContent"] = {"Template": _template(message, "{}")}
    if message.reply_to:
        params["ReplyToAddresses"] = _mailboxes(message.reply_to)
    copies = tuple(parse_address(one).addr_spec for one in (*message.cc, *message.bcc))
    written = TemplateValues(message)
    shared = written.json(merge_values_for(message, {}))
    own = {
        spec: written.json(merge_values_for(message, values))
        for spec, values in merge_data_by_address(message).items()
    }
    requests = []
    for chunk in _chunks(message.to):
        specs = [parse_address(one).addr_spec for one in chunk]
        entries = [
            _bulk_entry(message, to, own.get(spec, shared))
            for to, spec in zip(chunk, specs, strict=True)
        ]
        recipients = tuple((spec, *copies) for spec in specs)
        requests.append(Request(params, recipients, tuple(entries)))
    return requests


def _chunks(to: Sequence[str]) -> list[Sequence[str]]:
    return [to[i : i + RECIPIENT_LIMIT] for i in range(0, len(to), RECIPIENT_LIMIT)]


def _bulk_entry(message: EmailMessage, to: str, template_data: str) -> Params:
    replacement = {"ReplacementTemplate": {"ReplacementTemplateData": template_data}}
    return {
        "Destination": _destination(message, (to,)),
        "ReplacementEmailContent": replacement,
    }


def _destination(message: EmailMessage, to: Sequence[str]) -> Params:
    """Name everyone once: SES sends twice to who is named twice."""
    lists = {"ToAddresses": to, "CcAddresses": message.cc, "BccAddresses": message.bcc}
    seen: set[str] = set()
    destination: Params = {}
    for name, addresses in lists.items():
        new = {parse_address(one).addr_spec: one for one in reversed(addresses)}
        new = {spec: one for spec, one in reversed(new.items()) if spec not in seen}
        seen |= new.keys()
        if new:
            destination[name] = _mailboxes(list(new.values()))
    return destination


def _mailbox(address: str) -> str:
    return str(parse_address(address))


def _mailboxes(addresses: Sequence[str]) -> list[str]:
    return [_mailbox(one) for one in addresses]


def _content(message: EmailMessage) -> Params:
    if message.is_templated:
        data = TemplateValues(message).json(merge_values_for(message, {}))
        return {"Template": _template(message, data)}
    if fits_simple_content(message):
        return {"Simple": _simple(message)}
    return {"Raw": {"Data": mime_bytes(message)}}


def fits_simple_content(message: EmailMessage) -> bool:
    """Tell whether SES's Simple content can carry the headers and file names."""
    lengths = [len(encode_header_text(value)) for value in message.headers.values()]
    return (
        len(lengths) <= HEADER_COUNT_LIMIT
        and all(1 <= length <= HEADER_VALUE_LIMIT for length in lengths)
        and all(one.filename.isascii() for one in message.attachments)
    )


def _simple(message: EmailMessage) -> Params:
    body = {"Text": message.body, "Html": message.html_body}
    if body["Html"] is not None and not body["Text"]:
        del body["Text"]
    return {
        "Subject": {"Data": message.subject, "Charset": "UTF-8"},
        "Body": {k: {"Data": v, "Charset": "UTF-8"} for k, v in body.items() if v is not None},
        **_headers_and_attachments(message),
    }


def _template(message: EmailMessage, template_data: str) -> Params:
    template: Params = {"TemplateData": template_data}
    if message.template_id:
        template["TemplateName"] = message.template_id
    else:
        parts = {"Subject": message.subject, "Text": message.body, "Html": html_template(message)}
        template["TemplateContent"] = {name: text for name, text in parts.items() if text}
    return template | _headers_and_attachments(message)


def _headers_and_attachments(message: EmailMessage) -> Params:
    parts: Params = {}
    if message.headers:
        parts["Headers"] = [
            {"Name": name, "Value": encode_header_text(value)}
            for name, value in message.headers.items()
        ]
    if message.attachments:
        parts["Attachments"] = [_attachment(one) for one in message.attachments]
    return parts


def _attachment(attachment: Attachment) -> Params:
    params: Params = {
        "FileName": attachment.filename,
        "RawContent": attachment.content,
        "ContentType": attachment.mimetype,
        "ContentTransferEncoding": "BASE64",
        "ContentDisposition": "ATTACHMENT",
    }
    if attachment.content_id:
        params |= {"ContentDisposition": "INLINE", "ContentId": attachment.content_id}
    return params
