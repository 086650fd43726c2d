"""A SendEmail body read into what a message is made of, whatever the kind of its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

from local.ses.errors import Refusal, bad_request, first_refusal
from local.ses.mime.compose import Attachment, Content, has_empty_header_name
from local.ses.mime.read import decode_header_value, leaf_parts, parse_mime
from local.ses.sending import request_checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ses.messages import Json


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Who a message is from and to, and how it is labelled.

    `is_default_set`: the configuration set is the identity's, the request named none.
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

    @property
    def recipients(self) -> tuple[str, ...]:
        """To, Cc and Bcc."""
        return (*self.to, *self.cc, *self.bcc)


def read_send_request(body: Json) -> SendRequest:
    """The API's own fields of a SendEmail request."""
    destination = body.get("Destination") or {}
    return SendRequest(
        body.get("FromEmailAddress") or "",
        tuple(destination.get("ToAddresses") or ()),
        tuple(destination.get("CcAddresses") or ()),
        tuple(destination.get("BccAddresses") or ()),
        tuple(body.get("ReplyToAddresses") or ()),
        tuple(body.get("EmailTags") or ()),
        body.get("ConfigurationSetName"),
    )


def read_bulk_request(body: Json) -> SendRequest:
    """What all entries of a SendBulkEmail request share; it has no recipients yet."""
    return SendRequest(
        body.get("FromEmailAddress") or "",
        reply_to=tuple(body.get("ReplyToAddresses") or ()),
        tags=tuple(body.get("DefaultEmailTags") or ()),
        configuration_set=body.get("ConfigurationSetName"),
    )


def read_raw_request(body: Json, mime: bytes) -> SendRequest:
    """A raw message: its own headers stand in for what the API fields leave out."""
    given, headers = read_send_request(body), parse_mime(mime)
    fields = {name: tuple(_addresses(headers.get_all(name))) for name in ("To", "Cc", "Bcc")}
    to, cc, bcc = given.to, given.cc, given.bcc
    if not given.recipients:
        to, cc, bcc = fields["To"], fields["Cc"], fields["Bcc"]
    # API tags and header tags are never merged: API parameters win as a whole.
    written = str(headers["X-SES-MESSAGE-TAGS"] or "")
    named = str(headers["X-SES-CONFIGURATION-SET"] or "").strip()
    return SendRequest(
        given.source or " ".join(str(headers["From"] or "").split()),
        to,
        cc,
        bcc,
        given.reply_to,
        given.tags or tuple(_header_tags(written)),
        given.configuration_set or named or None,
        loses_events=not given.tags and not written.isascii(),
    )


def _addresses(values: list[Any] | None) -> list[str]:
    return [address for _name, address in getaddresses([str(v) for v in values or ()]) if address]


def _header_tags(text: str) -> list[dict[str, str]]:
    pairs = (item.partition("=") for item in text.split(",") if text.isascii() and item.strip())
    return [{"Name": name.strip(), "Value": value.strip()} for name, _, value in pairs]


@dataclass(frozen=True, slots=True)
class Extras:
    """Headers and attachments that simple and template content share."""

    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = field(default_factory=tuple)


def read_extras(content: Mapping[str, Any]) -> Extras:
    """Of a checked `Simple` or `Template`."""
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
    """Of a checked `Simple`."""
    body, more = simple["Body"], read_extras(simple)
    return Content(
        simple["Subject"]["Data"],
        (body.get("Text") or {}).get("Data"),
        (body.get("Html") or {}).get("Data"),
        more.headers,
        more.attachments,
    )


def check_send_request(given: SendRequest) -> Refusal | None:
    """Recipients, addresses and tags, in SES's order."""
    addresses = (given.source, *given.recipients, *given.reply_to)
    return first_refusal(
        request_checks.check_recipients(given.recipients),
        request_checks.check_addresses(addresses),
        request_checks.check_tags(given.tags),
    )


def check_content(content: Mapping[str, Any], given: SendRequest) -> Refusal | None:
    """Headers and attachments of `Simple` or `Template`."""
    written = [*request_checks.WRITTEN_BY_SES, *(["Reply-To"] if given.reply_to else [])]
    names = [header["Name"] for header in content.get("Headers") or ()]
    return first_refusal(
        request_checks.check_duplicate_headers([*written, *names]),
        request_checks.check_attachments(content.get("Attachments") or ()),
    )


def check_raw(mime: bytes) -> Refusal | None:
    """A raw message needs a From of its own, single fields once, no blocked file."""
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
