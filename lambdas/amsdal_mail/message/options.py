"""What type checkers see of the optional fields of a message: each accepts None."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

from amsdal_mail.message.attachment import Attachment

__all__ = ["MessageOptions", "SharedOptions"]

Addresses = Iterable[str] | None
HeaderValues = str | float | Sequence[str | float]


class SharedOptions(TypedDict, total=False):
    """Optional fields that EmailMessage and send_mail name alike."""

    cc: Addresses
    bcc: Addresses
    reply_to: Addresses
    headers: Mapping[str, HeaderValues] | None
    attachments: Iterable[Attachment] | None
    alternatives: Iterable[tuple[str, str]] | None
    tags: Iterable[str] | None
    metadata: Mapping[str, str | float] | None
    template_id: str | None
    merge_data: Mapping[str, Mapping[str, Any]] | None
    merge_global_data: Mapping[str, Any] | None
    merge_headers: Mapping[str, Mapping[str, HeaderValues]] | None
    merge_metadata: Mapping[str, Mapping[str, str | float]] | None
    escape_merge_data: bool | None
    track_opens: bool | None
    track_clicks: bool | None
    sensitive: bool | None
    configuration_set: str | None
    return_path: str | None
    from_identity_arn: str | None
    tenant: str | None
    endpoint_id: str | None


class MessageOptions(SharedOptions, total=False):
    """Optional fields of EmailMessage."""

    subject: str | None
    body: str | None
    html_body: str | None
    to: Addresses
