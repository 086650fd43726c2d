"""SESv2 requests that send an EmailMessage: pure functions, nothing is sent here.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.backends.aws.service_model import (
    FIRST_VERSIONS,
    require_parameters,
    supports_parameter,
)
from amsdal_mail.backends.ses.content import (
    fits_simple_content,
    header_parameters,
    headers_and_attachments,
    template,
)
from amsdal_mail.backends.ses.send import SESRequest
from amsdal_mail.backends.ses.tags import metadata_tags
from amsdal_mail.backends.ses.tracking import tracking_overrides
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.headers import HeaderValue
from amsdal_mail.message.limits import RECIPIENT_LIMIT
from amsdal_mail.message.merge_data import (
    TemplateValues,
    by_address,
    merge_data_by_address,
    merge_headers_for,
    merge_values_for,
)
from amsdal_mail.message.ses_options import SES_PARAMETERS
from amsdal_mail.message.tag_names import METADATA_PREFIX

if TYPE_CHECKING:
    from botocore.model import ServiceModel

    from amsdal_mail.byte_streams import Source

__all__ = ["build_requests"]

Params = dict[str, Any]
NO_PARAMS: Mapping[str, str] = {}


def build_requests(
    message: EmailMessage,
    configuration_set: str | None,
    model: ServiceModel,
    message_index: int = 0,
    connection_params: Mapping[str, str] = NO_PARAMS,
    metadata_prefix: str = METADATA_PREFIX,
) -> list[SESRequest]:
    """Return the requests that send the message: one, or one for each 50 personalized emails.

    Args:
        message: the message.
        configuration_set: the name of the configuration set, if there is one.
        model: the SDK's model of SES.
        message_index: the position of the message among those of the send.
        connection_params: parameters that each request of the connection has.
        metadata_prefix: comes before a metadata key in the name of its tag.

    Raises:
        ConfigurationError: the installed SDK does not know a parameter that the message needs.
    """
    params = _common_params(message, configuration_set, connection_params)
    if message.decides_tracking:
        params |= tracking_overrides(message, model)
    if message.is_personalized:
        operation = "SendBulkEmail"
        requests = _bulk_requests(message, params, message_index, metadata_prefix)
    else:
        operation = "SendEmail"
        requests = [_request(message, params, message_index, model)]
    late_parameters = _late_parameters(params)
    if late_parameters:
        require_parameters(model, operation, late_parameters)
    return requests


def _late_parameters(params: Params) -> list[str]:
    """Return the paths of the parameters that some versions of the SDK do not know."""
    name = "Content" if "Content" in params else "DefaultContent"
    ((kind, parts),) = params[name].items()
    paths = {**{name: name for name in params}, **{p: f"{name}.{kind}.{p}" for p in parts}}
    return [path for parameter, path in paths.items() if parameter in FIRST_VERSIONS]


def _common_params(
    message: EmailMessage, configuration_set: str | None, connection_params: Mapping[str, str]
) -> Params:
    """Return the parameters that SendEmail and SendBulkEmail have in common."""
    params: Params = {"FromEmailAddress": parse_address(message.from_email).mailbox}
    params |= connection_params
    if configuration_set:
        params["ConfigurationSetName"] = configuration_set
    for field, parameter in SES_PARAMETERS.items():
        value = getattr(message, field)
        if value is not None:
            params[parameter] = value
    return params


def _request(
    message: EmailMessage, params: Params, message_index: int, model: ServiceModel
) -> SESRequest:
    addresses = tuple(recipient.addr_spec for recipient in message.recipients)
    params["Destination"] = _destination(message, message.to)
    params["Content"] = _content(message, model)
    if message.reply_to and "Raw" not in params["Content"]:
        params["ReplyToAddresses"] = _mailboxes(message.reply_to)
    return SESRequest(message_index, params, (addresses,))


def _bulk_requests(
    message: EmailMessage, params: Params, message_index: int, metadata_prefix: str
) -> list[SESRequest]:
    params["DefaultContent"] = {"Template": template(message, "{}")}
    if message.reply_to:
        params["ReplyToAddresses"] = _mailboxes(message.reply_to)
    copies = tuple(parse_address(copy).addr_spec for copy in (*message.cc, *message.bcc))
    template_values = TemplateValues(message)
    shared_json = template_values.json(merge_values_for(message, {}))
    json_by_address = {
        address: template_values.json(merge_values_for(message, values))
        for address, values in merge_data_by_address(message).items()
    }
    headers_by_address = by_address(message.merge_headers)
    tags_by_address = {
        address: metadata_tags(metadata, metadata_prefix)
        for address, metadata in by_address(message.merge_metadata).items()
    }
    requests = []
    for start in range(0, len(message.to), RECIPIENT_LIMIT):
        mailboxes = message.to[start : start + RECIPIENT_LIMIT]
        addresses = [parse_address(mailbox).addr_spec for mailbox in mailboxes]
        bulk_entries = tuple(
            _bulk_entry(message, mailbox, json_by_address.get(address, shared_json))
            | _replacement_headers(message, headers_by_address.get(address))
            for mailbox, address in zip(mailboxes, addresses, strict=True)
        )
        entries = tuple((address, *copies) for address in addresses)
        tags = tuple(tags_by_address.get(address, {}) for address in addresses)
        entry_metadata = tags if tags_by_address else ()
        requests.append(SESRequest(message_index, params, entries, bulk_entries, entry_metadata))
    return requests


def _bulk_entry(message: EmailMessage, to: str, template_data: str) -> Params:
    replacement = {"ReplacementTemplate": {"ReplacementTemplateData": template_data}}
    return {
        "Destination": _destination(message, (to,)),
        "ReplacementEmailContent": replacement,
    }


def _replacement_headers(
    message: EmailMessage, own_headers: Mapping[str, HeaderValue] | None
) -> Params:
    """Return all headers of an entry with headers of its own: SES adds those of the template."""
    if not own_headers:
        return {}
    return {"ReplacementHeaders": header_parameters(merge_headers_for(message, own_headers))}


def _destination(message: EmailMessage, to: Sequence[str]) -> Params:
    """Return the lists with each address once, else it would get the email twice."""
    lists = {"ToAddresses": to, "CcAddresses": message.cc, "BccAddresses": message.bcc}
    seen: set[str] = set()
    destination: Params = {}
    for name, mailboxes in lists.items():
        new: dict[str, str] = {}
        for address in map(parse_address, mailboxes):
            if address.addr_spec not in seen:
                new.setdefault(address.addr_spec, address.mailbox)
        seen |= new.keys()
        if new:
            destination[name] = list(new.values())
    return destination


def _mailboxes(addresses: Sequence[str]) -> list[str]:
    return [parse_address(address).mailbox for address in addresses]


def _content(message: EmailMessage, model: ServiceModel) -> Params:
    if message.is_templated:
        template_data = TemplateValues(message).json(merge_values_for(message, {}))
        return {"Template": template(message, template_data)}
    if not (message.headers or message.attachments or message.alternatives):
        return {"Simple": _simple(message)}
    parts = headers_and_attachments(message)
    if fits_simple_content(message) and all(
        supports_parameter(model, "SendEmail", f"Content.Simple.{name}") for name in parts
    ):
        return {"Simple": _simple(message) | parts}
    return {"Raw": {"Data": _mime(message)}}


def _mime(message: EmailMessage) -> bytes | Source:
    if not any(file.is_large for file in message.attachments):
        from amsdal_mail.message.mime import mime_bytes  # it loads much of email

        return mime_bytes(message)
    from amsdal_mail.message.mime_stream import mime_stream

    return mime_stream(message)


def _simple(message: EmailMessage) -> Params:
    body = {"Text": message.body, "Html": message.html_body}
    if body["Html"] is not None and not body["Text"]:
        del body["Text"]
    return {
        "Subject": {"Data": message.subject, "Charset": "UTF-8"},
        "Body": {k: {"Data": v, "Charset": "UTF-8"} for k, v in body.items() if v is not None},
    }
