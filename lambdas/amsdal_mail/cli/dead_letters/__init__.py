"""The dead letters of a stage: which there are, why each failed, and back to work with them."""

from __future__ import annotations

from amsdal_mail.cli.dead_letters.letters import DeadLetter, redrive, show
from amsdal_mail.cli.dead_letters.moving import RedriveResult
from amsdal_mail.cli.dead_letters.queues import (
    DeadLetterQueue,
    UnknownQueueError,
    find_queue,
    list_dead_letters,
)
from amsdal_mail.cli.dead_letters.reasons import Reason

__all__ = [
    "DeadLetter",
    "DeadLetterQueue",
    "Reason",
    "RedriveResult",
    "UnknownQueueError",
    "find_queue",
    "list_dead_letters",
    "redrive",
    "show",
]
