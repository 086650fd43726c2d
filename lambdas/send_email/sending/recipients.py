"""Pure functions that decide which recipients still have to be sent to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.merge_data import by_address
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import OPEN_STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from amsdal_mail.message.email import EmailMessage
    from email_store.claims import Results

__all__ = [
    "OPEN_STATES",
    "as_queued",
    "failed_results",
    "in_chunks",
    "resolve_followers",
    "restrict_to",
    "ses_recipient_count",
    "should_retry",
    "suppressed_results",
    "to_retry",
    "unsent",
]

MERGE_FIELDS = ("merge_data", "merge_headers", "merge_metadata")
NO_MAIN_RECIPIENT = "copies go with the addresses in to, and none of these gets the message"
ON_SUPPRESSION_LIST = "the address is on the suppression list"


def restrict_to(message: EmailMessage, addresses: Collection[str]) -> EmailMessage | None:
    """Return the message with only these recipients; None when no recipient is left."""
    to, cc, bcc = (
        tuple(mailbox for mailbox in field if parse_address(mailbox).addr_spec in addresses)
        for field in (message.to, message.cc, message.bcc)
    )
    if not to and (message.is_personalized or not (cc or bcc)):
        return None
    fields = {"to": to, "cc": cc, "bcc": bcc}
    return message._with(**fields, **_merged_for(message, addresses))


def in_chunks(message: EmailMessage, size: int) -> list[EmailMessage]:
    """Split a personalized message by its `to`. Each recipient gets cc and bcc copies anyway."""
    chunks = []
    for start in range(0, len(message.to), size):
        to = message.to[start : start + size]
        addresses = {parse_address(mailbox).addr_spec for mailbox in to}
        chunks.append(message._with(to=to, **_merged_for(message, addresses)))
    return chunks


def _merged_for(message: EmailMessage, addresses: Collection[str]) -> dict[str, Any]:
    """Return the fields with the values of single recipients, for some recipients."""
    fields = {name: getattr(message, name) for name in MERGE_FIELDS}
    return {
        name: {
            address: values
            for address, values in by_address(merged).items()
            if address in addresses
        }
        for name, merged in fields.items()
        if merged is not None
    }


def unsent(message: EmailMessage, results: Results) -> EmailMessage | None:
    """Return the message for the recipients without a final result; None when all have one."""
    return _restrict_with_copies(
        message,
        {address for address, status in results.items() if status.state in OPEN_STATES},
    )


def to_retry(message: EmailMessage, results: Results) -> EmailMessage | None:
    """Return the message for the recipients to retry; None when there is nothing to retry."""
    return _restrict_with_copies(
        message, {address for address, status in results.items() if should_retry(status)}
    )


def should_retry(status: RecipientStatus) -> bool:
    """Return whether the recipient needs another attempt, or a look at SES's events."""
    return status.retry is not RetryHint.NO or status.state is SendState.UNKNOWN


def as_queued(results: Results) -> Results:
    """Return the results, with the state `queued` for each failed recipient that is retried."""
    return {
        address: replace(status, state=SendState.QUEUED)
        if status.state is SendState.FAILED and should_retry(status)
        else status
        for address, status in results.items()
    }


def resolve_followers(message: EmailMessage, results: Results) -> Results:
    """Set the final result of recipients that share another recipient's SES call.

    All recipients of a plain message share one call: when SES's events show that SES accepted it
    for one recipient, it did for all. The copies of a personalized message go with its `to`
    addresses: they are sent when one of these is, and suppressed when none is.
    """
    followers = _copies(message) if message.is_personalized else set(results)
    accepted = next(
        (status for status in results.values() if status.state is SendState.ACCEPTED), None
    )
    if accepted is not None:
        resolved = RecipientStatus("", SendState.ACCEPTED, accepted.message_id)
    elif message.is_personalized and not any(
        status.state in OPEN_STATES
        for address, status in results.items()
        if address not in followers
    ):
        resolved = RecipientStatus("", SendState.SUPPRESSED, error_message=NO_MAIN_RECIPIENT)
    else:
        return results
    return {
        address: replace(resolved, address=address)
        if address in followers and status.state in OPEN_STATES
        else status
        for address, status in results.items()
    }


def suppressed_results(addresses: Iterable[str]) -> Results:
    """Return the results of recipients on the suppression list."""
    return {
        address: RecipientStatus(address, SendState.SUPPRESSED, error_message=ON_SUPPRESSION_LIST)
        for address in addresses
    }


def failed_results(message: EmailMessage, code: str, text: str, retry: RetryHint) -> Results:
    """Return the results of a message that SES was not called for, or refused as a whole."""
    return {
        address.addr_spec: RecipientStatus(
            address.addr_spec, SendState.FAILED, None, code, text, retry
        )
        for address in message.recipients
    }


def ses_recipient_count(message: EmailMessage) -> int:
    """Count the recipients as SES's sending rate does.

    A personalized message is sent once for each `to` address, and each time to all copies.
    https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
    """
    if message.is_personalized:
        return len(message.to) * (1 + len(_copies(message)))
    return len(message.recipients)


def _restrict_with_copies(message: EmailMessage, addresses: set[str]) -> EmailMessage | None:
    """Restrict the message. The copies of a personalized message go with each recipient."""
    return restrict_to(
        message, addresses | _copies(message) if message.is_personalized else addresses
    )


def _copies(message: EmailMessage) -> set[str]:
    return {parse_address(mailbox).addr_spec for mailbox in (*message.cc, *message.bcc)}
