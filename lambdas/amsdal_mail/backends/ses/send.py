"""One request to SES on its way: its calls, retries, rate limit and responses; no I/O.

SES has no idempotency token: neither SendEmail nor SendBulkEmail takes one
(https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). So only explicit
refusals and requests that never reached SES are retried; a lost response ends as `unknown`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from amsdal_mail.backends.aws.errors import BULK_STATUSES, FAILED, blame_set_up, classify_error
from amsdal_mail.backends.aws.flow import Call, CallResult, EntryResult, Flow, Response, Wait
from amsdal_mail.backends.ses.tags import TagEncoding, Tags, sanitize_tags
from amsdal_mail.rate_limit import RateLimiter
from amsdal_mail.status import RetryHint, SendState

__all__ = ["SESRequest", "rate_limited", "send_flow"]

Params = dict[str, Any]

FIRST_DELAY = 0.25
MAX_DELAY = 8.0
NO_RESULT = CallResult(
    SendState.UNKNOWN, error_code="NoResult", error_message="SES responded without a result"
)


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


def tag_parameters(parameter: str, tags: Tags) -> Params:
    """Return the parameter of the SESv2 API that has the tags. Without tags, there is none."""
    named = [{"Name": name, "Value": value} for name, value in tags.items()]
    return {parameter: named} if named else {}


def send_flow(
    request: SESRequest,
    tags: Tags,
    extra_tags: Mapping[str, str],
    encoding: TagEncoding,
    max_attempts: int,
) -> Flow[list[EntryResult]]:
    """Send the request, and send its throttled or refused entries again.

    `extra_tags` are sent unchanged, and replace a tag with the same name as one of them.
    """

    def all_tags(entry_tags: Tags) -> Tags:
        own_tags = tags | entry_tags
        spelled = sanitize_tags(own_tags) if encoding.is_restricted else own_tags
        return {**spelled, **extra_tags}

    results: dict[int, CallResult] = {}
    pending = list(range(len(request.entries)))
    attempt = 1
    while True:
        was_restricted = encoding.is_restricted
        sent = request.restrict_to(pending)
        response = yield sent.call(all_tags({}), all_tags)
        results.update(zip(pending, read_response(response, sent), strict=True))
        refused = [index for index in pending if _is_tag_refused(results[index])]
        if refused and not was_restricted and _has_other_characters(tags, sent):
            encoding.is_restricted = True
            pending = refused
            continue
        pending = [index for index in pending if results[index].retry is RetryHint.SOON]
        if not pending or attempt >= max_attempts:
            return [
                EntryResult(request.message_index, addresses, results[index])
                for index, addresses in enumerate(request.entries)
            ]
        yield Wait(retry_delay(attempt))
        attempt += 1


def _is_tag_refused(result: CallResult) -> bool:
    """Return whether SES refuses the characters of a tag. Then the call sent nothing."""
    return (result.error_message or "").startswith(("Invalid tag name", "Invalid tag value"))


def _has_other_characters(tags: Tags, request: SESRequest) -> bool:
    """Return whether a tag has characters that SES refuses."""
    spellings = (tags, *request.entry_metadata)
    return any(spelling != sanitize_tags(spelling) for spelling in spellings)


def retry_delay(attempt: int) -> float:
    """Return the seconds to wait after an attempt: they double each time, with jitter."""
    longest = min(MAX_DELAY, FIRST_DELAY * 2**attempt)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret


def read_response(response: Response, request: SESRequest) -> list[CallResult]:
    """Return one result for each entry of the request."""
    return [
        _blame_set_up(result, request) if result.state is SendState.REJECTED else result
        for result in _read_results(response, request)
    ]


def _blame_set_up(result: CallResult, request: SESRequest) -> CallResult:
    content = request.params.get("Content") or request.params["DefaultContent"]
    has_template = "TemplateName" in content.get("Template", {})
    mailbox: str = request.params["FromEmailAddress"]
    sender = mailbox[:-1].rpartition("<")[2] if mailbox.endswith(">") else mailbox
    return blame_set_up(result, sender, has_template=has_template)


def _read_results(response: Response, request: SESRequest) -> list[CallResult]:
    count = len(request.entries)
    if isinstance(response, CallResult):
        return [response] * count
    if isinstance(response, Exception):
        return [classify_error(response)] * count
    response = response or {}
    if not request.bulk_entries:
        return [_accepted(response.get("MessageId"))] * count
    results = list(response.get("BulkEmailEntryResults", []))[:count]
    return [*map(_read_entry, results), *[NO_RESULT] * (count - len(results))]


def _accepted(message_id: str | None) -> CallResult:
    # SES gives each email that it accepts an id, so a response without an id proves nothing:
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    return CallResult(SendState.ACCEPTED, message_id=message_id) if message_id else NO_RESULT


def _read_entry(entry: Mapping[str, str]) -> CallResult:
    status = entry.get("Status", "")
    result = BULK_STATUSES.get(status, FAILED)
    if result.state is SendState.ACCEPTED:
        return _accepted(entry.get("MessageId"))
    return replace(result, error_code=status, error_message=entry.get("Error") or "")


def rate_limited(flow: Flow[list[EntryResult]], limiter: RateLimiter) -> Flow[list[EntryResult]]:
    """Return the flow with a delay before each call, also before a retry."""
    response: Response = None
    try:
        while True:
            step = flow.send(response)
            if isinstance(step, Call):
                step = replace(step, delay=partial(_next_turn, limiter, recipient_count(step)))
            response = yield step
    except StopIteration as end:
        results: list[EntryResult] = end.value
        return results


def _next_turn(limiter: RateLimiter, recipients: int) -> float:
    return limiter.reserve(recipients) or 0.0


def recipient_count(call: Call) -> int:
    """Count the recipients of a call: the sending rate is a number of recipients.

    https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
    """
    entries = call.params.get("BulkEmailEntries") or [call.params]
    return sum(len(addresses) for entry in entries for addresses in entry["Destination"].values())
