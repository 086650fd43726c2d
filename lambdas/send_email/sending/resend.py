"""Sends the kept message of an email again: who gets it, and the job for it. Pure functions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from amsdal_mail.addresses import parse_address
from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.message.merge_data import by_address
from email_store.states import EmailState
from send_email.sending.errors import NothingKeptError
from send_email.sending.job import SendJob
from send_email.sending.recipients import MERGE_FIELDS, restrict_to

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from amsdal_mail.message.email import EmailMessage
    from amsdal_mail.stream import Stream
    from email_store.records import EmailRecord

__all__ = [
    "FAILED_STATES",
    "ResendRequest",
    "check_time",
    "message_for",
    "resend_job",
    "why_not_kept",
]

FAILED_STATES = frozenset(
    {
        EmailState.FAILED,
        EmailState.REJECTED,
        EmailState.BOUNCED,
        EmailState.SOFT_BOUNCED,
        EmailState.SUPPRESSED,
        EmailState.EXPIRED,
        EmailState.CANCELED,
    }
)
"""The states of recipients who did not get the email, and will not get it by itself.

Left out are `unknown`, because SES may have sent it, and `complained`: the recipient got it.
"""
FIELDS = {"to", "only_failed"}
NOBODY_FAILED = "No recipient of the email failed, as far as it is known."
ONLY_COPIES_FAILED = (
    "Only copies (cc, bcc) of a personalized email failed. They go with an address in to:"
    " name one in to."
)
WAITS = "The email is scheduled, and not sent yet. Name the recipients in to."


@dataclass(frozen=True, slots=True)
class ResendRequest:
    """Who gets the message: those in `to`, those who failed, or all of the original."""

    to: tuple[str, ...] = ()
    only_failed: bool = False

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read the JSON of a request.

        Raises:
            InvalidMessageError: names the field that breaks a rule.
        """
        if not isinstance(document, dict) or document.keys() - FIELDS:
            rule = "must be an object with to or only_failed, or empty"
            raise InvalidMessageError.for_field("(body)", rule)
        only_failed, to = document.get("only_failed"), document.get("to")
        if not isinstance(only_failed, bool | None):
            raise InvalidMessageError.for_field("only_failed", "must be true or false")
        if to is None:
            return cls((), bool(only_failed))
        if only_failed:
            raise InvalidMessageError.for_field("to", "cannot be given together with only_failed")
        return cls(_addresses(to))

    def fingerprint(self, email_id: str) -> str:
        """Return what distinguishes this request from another with the same idempotency key.

        It does not depend on the message: a repeated request is the same when more recipients have
        failed since, and when the message is not kept any more.
        """
        request = ["resend", email_id, list(self.to), self.only_failed]
        return hashlib.sha256(json.dumps(request).encode()).hexdigest()


def why_not_kept(record: EmailRecord | None, now: datetime) -> str | None:
    """Return why nothing is kept of an email; None when its message is kept."""
    if record is None:
        return "The email was not sent by this service, which knows only the events of it."
    if record.errors:
        return "The email was rejected as invalid. Such a message is not kept."
    if record.is_sensitive:
        return "The email is sensitive. Its message is never kept."
    if record.kept is None:
        return "The message of the email was not kept."
    if now >= record.kept.until:
        return f"The message of the email was kept until {record.kept.until.isoformat()}."
    return None


def check_time(record: EmailRecord, request: ResendRequest) -> None:
    """Check that the recipients of the email do not get it by itself, later.

    Raises:
        NothingKeptError: the email is scheduled, and nobody is named.
    """
    if record.is_scheduled and not request.to:
        raise NothingKeptError(WAITS)


def message_for(
    message: EmailMessage, request: ResendRequest, failed: Collection[str]
) -> EmailMessage:
    """Return the message for those who get it again. Each keeps the merge data of the original.

    Args:
        message: the message of the original.
        request: who gets it.
        failed: the bare addresses of the recipients who failed.

    Raises:
        NothingKeptError: nobody failed.
        InvalidMessageError: the message breaks a rule with these recipients.
    """
    if request.to:
        return _addressed_to(message, request.to)
    if not request.only_failed:
        return message
    if not failed:
        raise NothingKeptError(NOBODY_FAILED)
    left = restrict_to(message, failed)
    if left is None:
        raise NothingKeptError(ONLY_COPIES_FAILED)
    return left


def resend_job(
    email_id: str, fingerprint: str, message: EmailMessage, original: str, stream: Stream
) -> SendJob:
    """Return the job that sends the message under a new id, at once."""
    return SendJob(
        email_id=email_id,
        message=message,
        fingerprint=fingerprint,
        stream=stream,
        resent_from=original,
    )


def _addressed_to(message: EmailMessage, to: tuple[str, ...]) -> EmailMessage:
    """Return the message to other recipients, without the copies.

    A recipient of the original keeps the own merge data. When the original had a single recipient,
    whose address may have been wrong, another recipient gets that merge data.
    """
    wanted = [parse_address(mailbox).addr_spec for mailbox in to]
    fields: dict[str, Any] = {"to": to, "cc": (), "bcc": ()}
    for name in MERGE_FIELDS:
        merged = getattr(message, name)
        if merged is None:
            continue
        values = by_address(merged)
        shared = list(values.values()) if len(message.to) == 1 else []
        fields[name] = {
            address: values.get(address, *shared)
            for address in wanted
            if address in values or shared
        }
    return message.replace(**fields)


def _addresses(to: object) -> tuple[str, ...]:
    if not isinstance(to, list) or not to or not all(isinstance(entry, str) for entry in to):
        raise InvalidMessageError.for_field("to", "must be a list of addresses")
    errors = []
    for index, mailbox in enumerate(to):
        try:
            parse_address(mailbox)
        except ValueError as error:
            errors.append(FieldError(f"to[{index}]", str(error)))
    if errors:
        raise InvalidMessageError(errors)
    return tuple(to)
