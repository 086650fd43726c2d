"""Reads the body of a send request, for each kind of content."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

from local.ses.errors import Refusal, bad_request, first_refusal
from local.ses.mime.compose import Attachment, Content, has_empty_header_name
from local.ses.mime.read import decode_header_value, leaf_parts, parse_mime
from local.ses.sending import request_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ses.messages import Json

__all__ = [
    "SendRequest",
    "check_content",
    "check_raw",
    "check_send_request",
    "check_shared_fields",
    "read_bulk_request",
    "read_extras",
    "read_raw_request",
    "read_send_request",
    "simple_content",
]


@dataclass(frozen=True, slots=True)
class SendRequest:
    """The sender, the recipients and the labels of a send request.

    `is_default_set` is true when the configuration set is the default of the identity. A request
    with `loses_events` publishes no events. `identity_arn` names the identity whose policy permits
    the sender, `return_path` the address that gets bounces and complaints. `tracking` has the
    ENABLED and DISABLED of this message.
    """

    source: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    tags: tuple[Mapping[str, str], ...] = ()
    configuration_set: str | None = None
    is_default_set: bool = False
    loses_events: bool = False
    identity_arn: str | None = None
    return_path: str | None = None
    tenant: str | None = None
    endpoint_id: str | None = None
    tracking: Mapping[str, str] = field(default_factory=dict)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Return To, Cc and Bcc."""
        return (*self.to, *self.cc, *self.bcc)


def read_send_request(body: Json) -> SendRequest:
    """Read the fields of a SendEmail request beside its content."""
    destination = body.get("Destination") or {}
    return SendRequest(
        body.get("FromEmailAddress") or "",
        tuple(destination.get("ToAddresses") or ()),
        tuple(destination.get("CcAddresses") or ()),
        tuple(destination.get("BccAddresses") or ()),
        tuple(body.get("ReplyToAddresses") or ()),
        tuple(body.get("EmailTags") or ()),
        body.get("ConfigurationSetName"),
        **_options(body),
    )


def read_bulk_request(body: Json) -> SendRequest:
    """Read the fields that all entries of a SendBulkEmail request share. It has no recipients."""
    return SendRequest(
        body.get("FromEmailAddress") or "",
        reply_to=tuple(body.get("ReplyToAddresses") or ()),
        tags=tuple(body.get("DefaultEmailTags") or ()),
        configuration_set=body.get("ConfigurationSetName"),
        **_options(body),
    )


def _options(body: Json) -> dict[str, Any]:
    """Read the options that SendEmail and SendBulkEmail share."""
    overrides = body.get("ConfigurationOverrides") or {}
    return {
        "identity_arn": body.get("FromEmailAddressIdentityArn"),
        "return_path": body.get("FeedbackForwardingEmailAddress"),
        "tenant": body.get("TenantName"),
        "endpoint_id": body.get("EndpointId"),
        "tracking": overrides.get("Tracking") or {},
    }


def read_raw_request(body: Json, mime: bytes) -> SendRequest:
    """Read a raw message. Its headers replace the API fields that are missing.

    API tags replace all tags of the header; they are never merged. A tag header beyond ASCII
    loses the events of the message.
    https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html
    """
    request, headers = read_send_request(body), parse_mime(mime)
    fields = {name: tuple(_addresses(headers.get_all(name))) for name in ("To", "Cc", "Bcc")}
    to, cc, bcc = request.to, request.cc, request.bcc
    if not request.recipients:
        to, cc, bcc = fields["To"], fields["Cc"], fields["Bcc"]
    header_tags = str(headers["X-SES-MESSAGE-TAGS"] or "")
    header_set = str(headers["X-SES-CONFIGURATION-SET"] or "").strip()
    return replace(
        request,
        source=request.source or " ".join(str(headers["From"] or "").split()),
        to=to,
        cc=cc,
        bcc=bcc,
        tags=request.tags or tuple(_parse_header_tags(header_tags)),
        configuration_set=request.configuration_set or header_set or None,
        loses_events=not request.tags and not header_tags.isascii(),
    )


def _addresses(values: list[Any] | None) -> list[str]:
    texts = [str(value) for value in values or ()]
    return [address for _name, address in getaddresses(texts) if address]


def _parse_header_tags(text: str) -> list[dict[str, str]]:
    pairs = (item.partition("=") for item in text.split(",") if text.isascii() and item.strip())
    return [{"Name": name.strip(), "Value": value.strip()} for name, _, value in pairs]


@dataclass(frozen=True, slots=True)
class Extras:
    """The headers and attachments that simple and template content can have."""

    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = field(default_factory=tuple)


def read_extras(content: Mapping[str, Any]) -> Extras:
    """Read the headers and attachments of a checked `Simple` or `Template`."""
    headers = tuple((header["Name"], header["Value"]) for header in content.get("Headers") or ())
    return Extras(headers, tuple(_attachment(row) for row in content.get("Attachments") or ()))


def _attachment(row: Mapping[str, Any]) -> Attachment:
    return Attachment(
        row["FileName"],
        row.get("ContentType") or "application/octet-stream",
        request_checks.decode_blob(row["RawContent"]) or b"",
        inline=row.get("ContentDisposition") == "INLINE",
        content_id=row.get("ContentId"),
        description=row.get("ContentDescription"),
    )


def simple_content(simple: Mapping[str, Any]) -> Content:
    """Read a checked `Simple`."""
    body, extras = simple["Body"], read_extras(simple)
    return Content(
        simple["Subject"]["Data"],
        (body.get("Text") or {}).get("Data"),
        (body.get("Html") or {}).get("Data"),
        extras.headers,
        extras.attachments,
    )


def check_send_request(request: SendRequest) -> Refusal | None:
    """Check recipients, addresses and tags, in the order of SES."""
    return first_refusal(
        request_checks.check_recipients(request.recipients),
        request_checks.check_addresses((request.source, *request.recipients)),
        check_shared_fields(request),
    )


def check_shared_fields(request: SendRequest) -> Refusal | None:
    """Check the fields that all entries of a bulk call share."""
    return_path = () if request.return_path is None else (request.return_path,)
    return first_refusal(
        request_checks.check_addresses((request.source, *request.reply_to, *return_path)),
        *(request_checks.check_bare_address(address) for address in return_path),
        request_checks.check_identity_arn(request.identity_arn),
        request_checks.check_tags(request.tags),
    )


def check_content(content: Mapping[str, Any], request: SendRequest) -> Refusal | None:
    """Check headers and attachments of `Simple` or `Template`."""
    ses_headers = [*request_checks.WRITTEN_BY_SES, *(["Reply-To"] if request.reply_to else [])]
    names = [header["Name"] for header in content.get("Headers") or ()]
    return first_refusal(
        request_checks.check_duplicate_headers([*ses_headers, *names]),
        request_checks.check_attachments(content.get("Attachments") or ()),
    )


def check_raw(mime: bytes) -> Refusal | None:
    """Check a raw message: it has a From, no duplicate fields and no blocked file."""
    if has_empty_header_name(mime):
        return bad_request("Empty header names are illegal.")
    message = parse_mime(mime)
    if message["From"] is None:
        return bad_request("Missing required header 'From'.")
    files = (part.get_filename() for part in leaf_parts(message))
    return first_refusal(
        request_checks.check_duplicate_headers(message.keys()),
        *(request_checks.check_filename(decode_header_value(name)) for name in files if name),
    )
