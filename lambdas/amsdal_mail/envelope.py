"""The envelope of the send queue: the notes of the service around the JSON of a request.

A producer writes a bare request. The service writes its notes around it, in the body, because a
producer may set any message attribute: a tracing header, a binary value, a name like ours. SQS
takes ten of them, so there may be no room for one more.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
A request has no such field, so that no valid request of a producer looks like an envelope.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NOTES_FIELD", "ORIGINAL_MESSAGE_ID", "SENT_AT", "is_sealed", "open_envelope", "seal"]

SENT_AT = "sent_at"
"""The note with the time of the record's first message, in milliseconds, beside its first id."""
ORIGINAL_MESSAGE_ID = "original_message_id"
"""The note with the record's first id: of a dead letter that a redrive moved, and of a job
that a producer's record became. A rejection is stored under the id that the producer knows."""
NOTES_FIELD = "amsdal_mail"
BEFORE, BETWEEN, AFTER = f'{{"{NOTES_FIELD}": ', ', "request": ', "}"
LONGEST_NOTES = 1000
"""Characters. The notes are some 400."""


def seal(notes: Mapping[str, str], request: str) -> str:
    """Return a body with the notes and the JSON of the request."""
    return f"{BEFORE}{json.dumps(notes)}{BETWEEN}{request}{AFTER}"


def is_sealed(body: str) -> bool:
    """Return whether a body begins as an envelope does."""
    return body.startswith(BEFORE)


def open_envelope(body: str) -> tuple[Mapping[str, str], str]:
    """Return the notes and the JSON of the request. A body without an envelope has no notes.

    The request is not parsed: it may have a megabyte.
    """
    end = body.find(BETWEEN, 0, LONGEST_NOTES)
    if not (is_sealed(body) and end > 0 and body.endswith(AFTER)):
        return {}, body
    try:
        notes = json.loads(body[len(BEFORE) : end])
    except (ValueError, RecursionError):
        return {}, body
    if not isinstance(notes, dict) or not all(isinstance(note, str) for note in notes.values()):
        return {}, body
    return notes, body[end + len(BETWEEN) : -len(AFTER)]
