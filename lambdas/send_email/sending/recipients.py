"""Pure functions that decide which recipients still have to be sent to.

A plain message goes to all its recipients in one SES message: SES accepts or refuses it for all of
them together, so they share one result. A personalized message is per recipient: SES makes a
message of its own for each address in `to`, with a result of its own, and only those that it
refused for now are retried. Its copies (cc, bcc) have no message of their own. They go with each
address in `to`: they stay in every retry, and their result follows from those of `to`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.merge_data import by_address
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import OPEN_STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from amsdal_mail.message.email import EmailMessage
    from email_store.claims import Results

__all__ = [
    "add_results",
    "expire_retried",
    "expired_results",
    "failed_results",
    "has_open",
    "in_calls",
    "in_chunks",
    "is_open",
    "missing_version_results",
    "resolve_followers",
    "restrict_to",
    "restrict_where",
    "ses_recipient_count",
    "should_retry",
    "suppressed_results",
    "waits_for_operator",
]

MERGE_FIELDS = ("merge_data", "merge_headers", "merge_metadata")
NO_MAIN_RECIPIENT = "copies go with the addresses in to, and none of these gets the message"
TEMPLATE_MISSING = frozenset({"NotFoundException", "TEMPLATE_NOT_FOUND"})
"""The codes with which SES refuses a template that it does not have."""
EXPIRED = "Expired"
TOO_LATE = "the email was not sent before it expired"
ON_SUPPRESSION_LIST = "the address is on the suppression list"


def is_open(status: RecipientStatus) -> bool:
    """Return whether the result of the recipient is not final.

    `unknown` is decided after `lost_response` seconds: with a Send event of SES the recipient is
    accepted, without one nothing was sent.
    """
    return status.state in OPEN_STATES


def should_retry(status: RecipientStatus) -> bool:
    """Return whether the recipient needs another attempt, or a look at SES's events."""
    return status.retry is not RetryHint.NO or status.state is SendState.UNKNOWN


def waits_for_operator(status: RecipientStatus) -> bool:
    """Return whether the recipient waits until the operator mends the set-up.

    A template that does not exist is the caller's mistake: its recipients are rejected.
    """
    return status.state is SendState.FAILED and status.retry is RetryHint.LATER


def has_open(results: Results, besides: Collection[str]) -> bool:
    """Return whether a recipient besides the given addresses has no final result."""
    others = results.keys() - set(besides)
    return any(is_open(results[address]) for address in others)


def restrict_to(message: EmailMessage, addresses: Collection[str]) -> EmailMessage | None:
    """Return the message with only these recipients; None when no recipient is left."""
    to, cc, bcc = (
        tuple(mailbox for mailbox in field if parse_address(mailbox).addr_spec in addresses)
        for field in (message.to, message.cc, message.bcc)
    )
    if not to and (message.is_personalized or not (cc or bcc)):
        return None
    return message._with(to=to, cc=cc, bcc=bcc, **_merged_for(message, addresses))


def restrict_where(
    message: EmailMessage, results: Results, is_wanted: Callable[[RecipientStatus], bool]
) -> EmailMessage | None:
    """Return the message for the recipients with such a result; None when there are none.

    The copies of a personalized message stay, because they go with each address in `to`.
    """
    addresses = {address for address, status in results.items() if is_wanted(status)}
    if message.is_personalized:
        addresses |= _copies(message)
    return restrict_to(message, addresses)


def in_chunks(message: EmailMessage, size: int) -> list[EmailMessage]:
    """Split a personalized message by its `to`. Each recipient gets cc and bcc copies anyway."""
    chunks = []
    for start in range(0, len(message.to), size):
        to = message.to[start : start + size]
        addresses = {parse_address(mailbox).addr_spec for mailbox in to}
        chunks.append(message._with(to=to, **_merged_for(message, addresses)))
    return chunks


def in_calls(message: EmailMessage, largest: int) -> list[EmailMessage]:
    """Split a personalized message into calls to SES for at most `largest` recipients each.

    A plain message is one call for all its recipients.
    """
    if ses_recipient_count(message) <= largest or not message.is_personalized:
        return [message]
    return in_chunks(message, max(1, largest // (1 + len(_copies(message)))))


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


def add_results(earlier: Results, later: Results) -> Results:
    """Return the results after a later call. A recipient that is accepted stays so.

    The copies of a personalized message go with each of its calls, and some calls may fail or come
    too late.
    """
    accepted = {
        address: status
        for address, status in earlier.items()
        if status.state is SendState.ACCEPTED
        and address in later
        and later[address].state is not SendState.ACCEPTED
    }
    return {**earlier, **later, **accepted}


def resolve_followers(message: EmailMessage, results: Results) -> Results:
    """Set the final result of recipients that share another recipient's SES call.

    When SES accepted a plain message for one recipient, as its events show, it did for all. The
    copies of a personalized message are accepted when an address in `to` is, and suppressed when
    none of these gets the message.
    """
    followers = _copies(message) if message.is_personalized else results.keys()
    main_results = [status for address, status in results.items() if address not in followers]
    accepted = next(
        (status for status in results.values() if status.state is SendState.ACCEPTED), None
    )
    if accepted is not None:
        result = RecipientStatus("", SendState.ACCEPTED, accepted.message_id)
    elif message.is_personalized and not any(map(is_open, main_results)):
        result = RecipientStatus("", SendState.SUPPRESSED, error_message=NO_MAIN_RECIPIENT)
    else:
        return results
    return {
        address: replace(result, address=address)
        if address in followers and is_open(status)
        else status
        for address, status in results.items()
    }


def suppressed_results(addresses: Iterable[str]) -> Results:
    """Return the results of recipients on the suppression list."""
    return {
        address: RecipientStatus(address, SendState.SUPPRESSED, error_message=ON_SUPPRESSION_LIST)
        for address in addresses
    }


def expired_results(message: EmailMessage) -> Results:
    """Return the results of a message that is too late for all its recipients."""
    return {address.addr_spec: _expired(address.addr_spec) for address in message.recipients}


def expire_retried(message: EmailMessage, results: Results) -> Results:
    """Return the results, with the state `expired` for each recipient who would be retried.

    `unknown` stays: SES may have sent the message, and its events will show it. The copies of a
    personalized message stay with such a recipient.
    """
    has_unknown = any(status.state is SendState.UNKNOWN for status in results.values())
    kept = _copies(message) if has_unknown and message.is_personalized else set()
    return {
        address: _expired(address)
        if should_retry(status) and status.state is not SendState.UNKNOWN and address not in kept
        else status
        for address, status in results.items()
    }


def _expired(address: str) -> RecipientStatus:
    return RecipientStatus(address, SendState.EXPIRED, None, EXPIRED, TOO_LATE)


def failed_results(message: EmailMessage, code: str, text: str, retry: RetryHint) -> Results:
    """Return the results of a message that SES was not called for, or refused as a whole."""
    return {
        address.addr_spec: RecipientStatus(
            address.addr_spec, SendState.FAILED, None, code, text, retry
        )
        for address in message.recipients
    }


def missing_version_results(results: Results) -> Results:
    """Return the results of a message whose template was chosen by the service.

    A caller who names a template that does not exist gets `rejected`. When SES lacks the version
    that the stage points to, the email waits until the operator pushes the template again.
    """
    return {
        address: replace(status, state=SendState.FAILED, retry=RetryHint.LATER)
        if status.state is SendState.REJECTED and status.error_code in TEMPLATE_MISSING
        else status
        for address, status in results.items()
    }


def ses_recipient_count(message: EmailMessage) -> int:
    """Count the recipients as SES's sending rate does.

    A personalized message is sent once for each `to` address, and each time to all copies.
    https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
    """
    if message.is_personalized:
        return len(message.to) * (1 + len(_copies(message)))
    return len(message.recipients)


def _copies(message: EmailMessage) -> set[str]:
    return {parse_address(mailbox).addr_spec for mailbox in (*message.cc, *message.bcc)}
