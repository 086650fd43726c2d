"""The envelope of a body: what this service notes about an email that it puts on the queue.

It is part of the body, because a producer may set any message attribute: a tracing header, a
binary value, a name like ours. SQS takes ten of them, so there may be no room for one more.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
A request has no such field, so that no valid request of a producer looks like an envelope.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

__all__ = ["NOTES_FIELD", "open_envelope", "seal"]

NOTES_FIELD = "amsdal_mail"
BEFORE = f'{{"{NOTES_FIELD}": '
BETWEEN = ', "request": '
AFTER = "}"
LONGEST_NOTES = 1000
"""Characters. The notes are some 300."""


def seal(notes: Mapping[str, str], request: str) -> str:
    """Return a body with the notes and the JSON of the request."""
    return f"{BEFORE}{json.dumps(notes)}{BETWEEN}{request}{AFTER}"


def open_envelope(body: str) -> tuple[Mapping[str, str], str]:
    """Return the notes and the JSON of the request. A body without an envelope has no notes.

    The request is not parsed: it may have a megabyte.
    """
    end = body.find(BETWEEN, 0, LONGEST_NOTES)
    if not (body.startswith(BEFORE) and end > 0 and body.endswith(AFTER)):
        return {}, body
    try:
        notes = json.loads(body[len(BEFORE) : end])
    except (ValueError, RecursionError):
        return {}, body
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        return {}, body
    return notes, body[end + len(BETWEEN) : -len(AFTER)]
