"""What is said to SES to get one request accepted, and what its answers mean: no I/O here.

SES has no idempotency token. Tried again is only what SES refused in words, or what never
reached it; a lost answer ends as `unknown`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from amsdal_mail.backends.aws.errors import BULK_STATUSES, FAILED, CallResult, judge
from amsdal_mail.backends.aws.flow import Answer, Exchange, Pause
from amsdal_mail.backends.ses.requests import Request
from amsdal_mail.backends.ses.tags import Tags, respelled
from amsdal_mail.status import RetryHint, SendState

__all__ = ["Answered", "Spelling", "converse"]

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
NO_RESULT = CallResult(SendState.UNKNOWN, code="NoResult", text="SES answered, but gave no result")


Answered = tuple[tuple[str, ...], CallResult]
"""Some addresses, and what became of them together."""


@dataclass
class Spelling:
    """How a connection writes tags: as given, until SES refuses one; then in its alphabet."""

    is_plain: bool = False

    def of(self, tags: Tags) -> Tags:
        """Write the tags the way this connection does now."""
        return respelled(tags) if self.is_plain else tags


def converse(
    request: Request,
    tags: Tags,
    extra_tags: Mapping[str, str],
    spelling: Spelling,
    max_attempts: int,
) -> Exchange[list[Answered]]:
    """Send the request and, entry by entry, what of it SES asks to send again.

    `extra_tags` are written as they are, over any tag that is spelt like one of them.
    """
    outcomes = [CallResult(SendState.UNKNOWN)] * len(request.entries)
    waiting: Sequence[int] = range(len(request.entries))
    attempt = 1
    while True:
        spelt = spelling.of(tags)
        asked = request.only(waiting)
        answer = yield asked.call(spelt | dict(extra_tags))
        for index, outcome in zip(waiting, read_answer(answer, asked), strict=True):
            outcomes[index] = outcome
        refused = [i for i in waiting if outcomes[i].is_tag_refused]
        if refused and spelt != respelled(tags):
            spelling.is_plain = True
            waiting = refused
            continue
        waiting = [i for i in waiting if outcomes[i].retry is RetryHint.SOON]
        if not waiting or attempt >= max_attempts:
            return list(zip(request.entries, outcomes, strict=True))
        yield Pause(pause_before(attempt))
        attempt += 1


def read_answer(answer: Answer, request: Request) -> list[CallResult]:
    """Read SES's answer as one outcome for each entry of the request."""
    count = len(request.entries)
    if isinstance(answer, Exception):
        return [judge(answer)] * count
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


def pause_before(attempt: int) -> float:
    """Choose seconds to wait after the attempt: growing, with full jitter."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret
