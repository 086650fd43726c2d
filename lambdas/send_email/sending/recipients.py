"""Who of a message's recipients is still to be sent to: pure, on messages and results."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from amsdal_mail.addresses import parse_address
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.merge_data import merge_data_by_address
from amsdal_mail.status import RecipientStatus, RetryHint, SendState
from email_store.claims import Results

OPEN = frozenset({SendState.QUEUED, SendState.UNKNOWN})
"""Answers that are not final. An unknown one is looked at again once the Send event has had its
time: with it the recipient counts as accepted, without it nothing was sent."""


def only(message: EmailMessage, addresses: Collection[str]) -> EmailMessage | None:
    """Return the message for those of its recipients; None when nobody is left to send to."""
    to, cc, bcc = (
        tuple(one for one in field if parse_address(one).addr_spec in addresses)
        for field in (message.to, message.cc, message.bcc)
    )
    if not to and (message.is_personalized or not (cc or bcc)):
        return None
    own = {
        one: values for one, values in merge_data_by_address(message).items() if one in addresses
    }
    kept = {"to": to, "cc": cc, "bcc": bcc, "merge_data": own if message.is_personalized else None}
    return message._with(**kept)


def in_chunks(message: EmailMessage, size: int) -> list[EmailMessage]:
    """Split a message with merge_data by its `to`; cc and bcc go with every recipient anyway."""
    own_data = merge_data_by_address(message)
    chunks = []
    for start in range(0, len(message.to), size):
        to = message.to[start : start + size]
        specs = [parse_address(one).addr_spec for one in to]
        merge_data = {spec: own_data[spec] for spec in specs if spec in own_data}
        chunks.append(message._with(to=to, merge_data=merge_data))
    return chunks


def pending(message: EmailMessage, results: Results) -> EmailMessage | None:
    """Return what is still to be sent of a message that was claimed with these results."""
    still_open = {address for address, one in results.items() if one.state in OPEN}
    return only(message, still_open | _copies(message) if message.is_personalized else still_open)


def remainder(message: EmailMessage, answers: Results) -> EmailMessage | None:
    """Return what has to be sent, or looked at, once more after these answers."""
    again = {address for address, one in answers.items() if is_for_later(one)}
    return only(message, again | _copies(message) if message.is_personalized else again)


def put_back(answers: Results) -> Results:
    """Write the answers of recipients who go back on the queue."""
    return {
        address: replace(one, state=SendState.QUEUED)
        if one.state is SendState.FAILED and is_for_later(one)
        else one
        for address, one in answers.items()
    }


def closed(message: EmailMessage, results: Results) -> Results:
    """Give an answer to those still open who will get none of their own.

    All recipients of a plain message share one call: when SES's events show that it took one, it
    took all. The copies of a merged message go with its `to` addresses, or with none of them.
    """
    followers = _copies(message) if message.is_personalized else set(results)
    taken = next((one for one in results.values() if one.state is SendState.ACCEPTED), None)
    if taken is not None:
        answer = RecipientStatus("", SendState.ACCEPTED, taken.message_id)
    elif message.is_personalized and not any(
        one.state in OPEN for address, one in results.items() if address not in followers
    ):
        reason = "it goes with the addresses in to, and none of them gets the message"
        answer = RecipientStatus("", SendState.SUPPRESSED, error_message=reason)
    else:
        return results
    return {
        address: replace(answer, address=address)
        if address in followers and one.state in OPEN
        else one
        for address, one in results.items()
    }


def held_back(addresses: Iterable[str]) -> Results:
    """Write the answers of recipients on the suppression list."""
    reason = "the address is on the suppression list"
    return {
        one: RecipientStatus(one, SendState.SUPPRESSED, error_message=reason) for one in addresses
    }


def counted_by_ses(message: EmailMessage) -> int:
    """Count the recipients as SES's rate and quota do: each copy of a merged message is one."""
    if message.is_personalized:
        return len(message.to) * (1 + len(_copies(message)))
    return len(message.recipients)


def _copies(message: EmailMessage) -> set[str]:
    return {parse_address(one).addr_spec for one in (*message.cc, *message.bcc)}


def is_for_later(answer: RecipientStatus) -> bool:
    """Tell whether the recipient has to be tried, or looked at, once more."""
    return answer.retry is not RetryHint.NO or answer.state is SendState.UNKNOWN
