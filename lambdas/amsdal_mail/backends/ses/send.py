"""What is said to SES to get one request accepted, and what its answers mean: no I/O here.

SES has no idempotency token. Tried again is only what SES refused in words, or what never
reached it; a lost answer ends as `unknown`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from amsdal_mail.backends.aws.errors import BULK_STATUSES, FAILED, CallResult, classify_error
from amsdal_mail.backends.aws.flow import Call, Flow, Response, Wait
from amsdal_mail.backends.ses.requests import Request
from amsdal_mail.backends.ses.tags import Tags, sanitize_tags
from amsdal_mail.rate_limit import RateLimiter
from amsdal_mail.status import RetryHint, SendState

__all__ = ["EntryResult", "TagEncoding", "rate_limited", "send_flow"]

T = TypeVar("T")
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
NO_RESULT = CallResult(SendState.UNKNOWN, code="NoResult", text="SES answered, but gave no result")


EntryResult = tuple[tuple[str, ...], CallResult]
"""Some addresses, and what became of them together."""


@dataclass
class TagEncoding:
    """How a connection writes tags: as given, until SES refuses one; then in its alphabet."""

    is_restricted: bool = False

    def of(self, tags: Tags) -> Tags:
        """Write the tags the way this connection does now."""
        return sanitize_tags(tags) if self.is_restricted else tags


def send_flow(
    request: Request,
    tags: Tags,
    extra_tags: Mapping[str, str],
    spelling: TagEncoding,
    max_attempts: int,
) -> Flow[list[EntryResult]]:
    """Send the request and, entry by entry, what of it SES asks to send again.

    `extra_tags` are written as they are, over any tag that is sanitized like one of them.
    """
    outcomes = [CallResult(SendState.UNKNOWN)] * len(request.entries)
    waiting: Sequence[int] = range(len(request.entries))
    attempt = 1
    while True:
        sanitized = spelling.of(tags)
        asked = request.only(waiting)
        answer = yield asked.call(sanitized | dict(extra_tags))
        for index, outcome in zip(waiting, read_answer(answer, asked), strict=True):
            outcomes[index] = outcome
        refused = [i for i in waiting if outcomes[i].is_tag_refused]
        if refused and sanitized != sanitize_tags(tags):
            spelling.is_restricted = True
            waiting = refused
            continue
        waiting = [i for i in waiting if outcomes[i].retry is RetryHint.SOON]
        if not waiting or attempt >= max_attempts:
            return list(zip(request.entries, outcomes, strict=True))
        yield Wait(seconds_before_retry(attempt))
        attempt += 1


def read_answer(answer: Response, request: Request) -> list[CallResult]:
    """Read SES's answer as one outcome for each entry of the request."""
    count = len(request.entries)
    if isinstance(answer, Exception):
        return [classify_error(answer)] * count
    answer = answer or {}
    if not request.bulk_entries:
        return [_accepted(answer.get("MessageId"))] * count
    results = list(answer.get("BulkEmailEntryResults", []))[:count]
    return [*map(_read_entry, results), *[NO_RESULT] * (count - len(results))]


def _accepted(message_id: str | None) -> CallResult:
    # SES gives every email it takes an id: an answer without one is no answer.
    return CallResult(SendState.ACCEPTED, message_id=message_id) if message_id else NO_RESULT


def _read_entry(entry: dict[str, str]) -> CallResult:
    status = entry.get("Status", "")
    found = BULK_STATUSES.get(status, FAILED)
    if found.state is SendState.ACCEPTED:
        return _accepted(entry.get("MessageId"))
    return replace(found, code=status, text=entry.get("Error") or "")


def seconds_before_retry(attempt: int) -> float:
    """Choose seconds to wait after the attempt: growing, with full jitter."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret


def rate_limited(flow: Flow[T], pace: RateLimiter) -> Flow[T]:
    """Make the same flow with a pause before each call, also before one that is repeated."""
    answer: Response = None
    try:
        while True:
            effect = flow.send(answer)
            if isinstance(effect, Call):
                yield Wait(pace.reserve(recipient_count(effect)) or 0.0)
            answer = yield effect
    except StopIteration as done:
        result: T = done.value
        return result


def recipient_count(call: Call) -> int:
    """Count the recipients of a call as SES's rate does."""
    entries = call.params.get("BulkEmailEntries") or [call.params]
    return sum(len(addresses) for one in entries for addresses in one["Destination"].values())
