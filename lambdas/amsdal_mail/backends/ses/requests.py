"""SESv2 requests that send an EmailMessage: pure functions, nothing is sent here.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.backends.aws.flow import Call
from amsdal_mail.backends.aws.service_model import (
    parameter_paths,
    require_parameters,
    supports_parameter,
)
from amsdal_mail.email_id import EMAIL_ID_TAG
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.headers import HeaderValue, encode_header, header_lines
from amsdal_mail.message.limits import (
    HEADER_COUNT_LIMIT,
    HEADER_VALUE_LIMIT,
    RECIPIENT_LIMIT,
    TAG_LENGTH_LIMIT,
)
from amsdal_mail.message.merge_data import (
    TemplateValues,
    by_address,
    html_template,
    merge_data_by_address,
    merge_headers_for,
    merge_values_for,
)
from amsdal_mail.message.mime import mime_bytes
from amsdal_mail.message.ses_options import SES_PARAMETERS
from amsdal_mail.message.tag_names import METADATA_PREFIX, metadata_tag_name, sanitize_tag_name

if TYPE_CHECKING:
    from botocore.model import ServiceModel

__all__ = ["SESRequest", "TagEncoding", "Tags", "build_requests", "message_tags", "sanitize_tags"]

NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9_.@-]")
"""Characters that SES refuses in the value of a message tag.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
"""

Tags = dict[str, str]
Params = dict[str, Any]
NO_PARAMS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class SESRequest:
    """One call of SendEmail, or of SendBulkEmail where it has `bulk_entries`.

    `entries` are the addresses that share a result. SendEmail gives one result for all
    recipients, SendBulkEmail one for each of the `bulk_entries`.
    """

    message_index: int
    """The position of the message among those of the send."""
    params: Params
    entries: tuple[tuple[str, ...], ...]
    bulk_entries: tuple[Params, ...] = ()
    entry_metadata: tuple[Tags, ...] = ()
    """The tags of each entry alone, if an entry has some."""

    def call(self, tags: Tags, own_tags: Callable[[Tags], Tags] = dict) -> Call:
        """Return the call with these tags.

        An entry with metadata of its own gets all its tags with it: SES does not document whether
        `ReplacementTags` replace all default tags or those of the same name.

        Args:
            tags: the tags of the message.
            own_tags: makes all tags of an entry from those that it alone has.
        """
        if not self.bulk_entries:
            return Call("send_email", self.params | tag_parameters("EmailTags", tags))
        params = self.params | {"BulkEmailEntries": self.bulk_entries}
        if not self.entry_metadata:
            return Call("send_bulk_email", params | tag_parameters("DefaultEmailTags", tags))
        params["BulkEmailEntries"] = tuple(
            entry | tag_parameters("ReplacementTags", own_tags(own))
            for entry, own in zip(self.bulk_entries, self.entry_metadata, strict=True)
        )
        return Call("send_bulk_email", params)

    def restrict_to(self, indexes: Sequence[int]) -> SESRequest:
        """Return the request for some of its entries."""
        if len(indexes) == len(self.entries):
            return self
        bulk_entries = tuple(self.bulk_entries[index] for index in indexes)
        entries = tuple(self.entries[index] for index in indexes)
        metadata = self.entry_metadata and tuple(self.entry_metadata[index] for index in indexes)
        return replace(self, entries=entries, bulk_entries=bulk_entries, entry_metadata=metadata)


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
    requests = _requests(message, configuration_set, model, message_index, connection_params)
    requests = _with_merge_metadata(requests, message, metadata_prefix)
    for request in requests:
        # With any tag: the tags of a message are not known here.
        call = request.call({"tag": "true"})
        operation = "SendBulkEmail" if request.bulk_entries else "SendEmail"
        require_parameters(model, operation, parameter_paths(call.params))
    return requests


def _requests(
    message: EmailMessage,
    configuration_set: str | None,
    model: ServiceModel,
    message_index: int,
    connection_params: Mapping[str, str],
) -> list[SESRequest]:
    params: Params = {"FromEmailAddress": parse_address(message.from_email).mailbox}
    params |= connection_params
    if configuration_set:
        params["ConfigurationSetName"] = configuration_set
    for field, parameter in SES_PARAMETERS.items():
        value = getattr(message, field)
        if value is not None:
            params[parameter] = value
    if message.is_personalized:
        return _bulk_requests(message, params, message_index)
    addresses = tuple(recipient.addr_spec for recipient in message.recipients)
    params["Destination"] = _destination(message, message.to)
    params["Content"] = _content(message, model)
    if message.reply_to and "Raw" not in params["Content"]:
        params["ReplyToAddresses"] = _mailboxes(message.reply_to)
    return [SESRequest(message_index, params, (addresses,))]


def _bulk_requests(message: EmailMessage, params: Params, message_index: int) -> list[SESRequest]:
    params["DefaultContent"] = {"Template": _template(message, "{}")}
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
        requests.append(SESRequest(message_index, params, entries, bulk_entries))
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
    return {"ReplacementHeaders": _header_parameters(merge_headers_for(message, own_headers))}


def _with_merge_metadata(
    requests: list[SESRequest], message: EmailMessage, prefix: str
) -> list[SESRequest]:
    metadata = {
        address: _metadata_tags(own, prefix)
        for address, own in by_address(message.merge_metadata).items()
    }
    if not metadata:
        return requests
    return [
        replace(request, entry_metadata=tuple(metadata.get(e[0], {}) for e in request.entries))
        for request in requests
    ]


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
        return {"Template": _template(message, template_data)}
    parts = _headers_and_attachments(message)
    if fits_simple_content(message) and all(
        supports_parameter(model, "SendEmail", f"Content.Simple.{name}") for name in parts
    ):
        return {"Simple": _simple(message) | parts}
    return {"Raw": {"Data": mime_bytes(message)}}


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


def _simple(message: EmailMessage) -> Params:
    body = {"Text": message.body, "Html": message.html_body}
    if body["Html"] is not None and not body["Text"]:
        del body["Text"]
    return {
        "Subject": {"Data": message.subject, "Charset": "UTF-8"},
        "Body": {k: {"Data": v, "Charset": "UTF-8"} for k, v in body.items() if v is not None},
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
        parts["Headers"] = _header_parameters(message.headers)
    if message.attachments:
        parts["Attachments"] = [_attachment(attachment) for attachment in message.attachments]
    return parts


def _header_parameters(headers: Mapping[str, HeaderValue]) -> list[Params]:
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


@dataclass
class TagEncoding:
    """The spelling of tags on one connection.

    Metadata is first sent as `metadata:key`. If SES refuses a tag, all tags are sent again with `_`
    for the characters that it does not take, and the connection does so from then on.
    """

    is_restricted: bool = False

    def encode(self, tags: Tags) -> Tags:
        """Return the tags in the spelling that the connection uses now."""
        return sanitize_tags(tags) if self.is_restricted else tags


def message_tags(message: EmailMessage, prefix: str) -> Tags:
    """Return the tags of a message: `tag=true` and `<prefix>key=value`.

    Raises:
        InvalidMessageError: with a prefix other than `metadata:`, a key has over 255 characters,
            or is the name of another tag.
    """
    tags = dict.fromkeys(message.tags, "true")
    for key in {*message.metadata}.union(*(message.merge_metadata or {}).values()):
        name = sanitize_tag_name(metadata_tag_name(key, prefix))
        if name == EMAIL_ID_TAG or name in map(sanitize_tag_name, tags):
            rule = f"is the tag {name} with the prefix {prefix!r}, like another tag"
            raise InvalidMessageError.for_field(f"metadata.{key}", rule)
    return tags | _metadata_tags(message.metadata, prefix)


def _metadata_tags(metadata: Mapping[str, str], prefix: str) -> Tags:
    for key in metadata:
        if len(prefix) + len(key) > TAG_LENGTH_LIMIT:
            rule = f"key has over {TAG_LENGTH_LIMIT} characters with the prefix {prefix!r}"
            raise InvalidMessageError.for_field(f"metadata.{key}", rule)
    return {metadata_tag_name(key, prefix): value for key, value in metadata.items()}


def sanitize_tags(tags: Tags) -> Tags:
    """Return the tags with `_` for characters that SES refuses. No two names become equal."""
    return {sanitize_tag_name(name): NOT_IN_VALUE.sub("_", value) for name, value in tags.items()}


def tag_parameters(parameter: str, tags: Tags) -> Params:
    """Return the parameter of the SESv2 API that has the tags. Without tags, there is none."""
    named = [{"Name": name, "Value": value} for name, value in tags.items()]
    return {parameter: named} if named else {}
