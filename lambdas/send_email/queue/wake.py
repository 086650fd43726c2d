"""Sends a scheduled email whose timer came."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from amsdal_mail.batching import SQS_SIZE_LIMIT
from email_store.claims import ClaimStatus, SendUnit
from send_email.sending.backoff import lease_delay
from send_email.sending.content_store import ContentMissingError
from send_email.sending.heavy_emails import NoRoomError
from send_email.sending.lost_content import reject_lost
from send_email.sending.service import MAX_POSTPONES
from send_email.sending.timers import Timer

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.claims import UnitState
    from send_email.sending.hand_over import HandOverBudget
    from send_email.sending.job import SendJob, SendOutcome
    from send_email.sending.service import SendService

__all__ = ["wake"]

PUT_BACK_SECONDS = 10


def wake(
    service: SendService, email_id: str, deadline: datetime, budget: HandOverBudget
) -> SendOutcome | None:
    """Send an email, if it is due. Return None when there is nothing to send now.

    Raises:
        StoreError, QueueError, ContentStoreError, PoisonMessageError: SQS must deliver the timer
            again.
        InvalidMessageError: a rule has changed since the email was accepted.
    """
    unit = service.schedules().due_unit(email_id)
    if unit is None or unit.content is None:
        return None
    is_heavy = unit.content.size > SQS_SIZE_LIMIT
    try:
        with service.room(deadline) if is_heavy else nullcontext():
            return _send(service, email_id, unit, deadline, budget, has_room=is_heavy)
    except NoRoomError:
        _wait(service, email_id, unit)
        return None
    except ContentMissingError:
        # The content of an email that waits is never deleted. So a worker has claimed the email
        # meanwhile, and put the rest of it on the queue, or a caller has canceled it.
        unit = service.store.find_unit(email_id)
        if unit is None or not unit.is_waiting:
            return None
        return reject_lost(service, SendUnit(email_id), unit.fingerprint)


def _send(
    service: SendService,
    email_id: str,
    unit: UnitState,
    deadline: datetime,
    budget: HandOverBudget,
    *,
    has_room: bool,
) -> SendOutcome | None:
    schedules = service.schedules()
    job = schedules.job_of(email_id, unit)
    if not (job.is_one_call or budget.take(job)):
        _wait(service, email_id, unit)
        return None
    needs_room = job.has_files and not has_room
    with service.room(deadline) if needs_room else nullcontext():
        outcome = service.send(job, deadline)
    if outcome.claim is ClaimStatus.BUSY:
        _wait_for_lease(service, job, unit, outcome)
    return outcome


def _wait_for_lease(service: SendService, job: SendJob, unit: UnitState, busy: SendOutcome) -> None:
    """Let the timer come again when the other worker's lease ends, and not the job.

    A timer also deletes the content that the other worker left, if that one crashed. When many
    workers had the email, the job follows: its postponements are counted.
    """
    if unit.attempt > MAX_POSTPONES:
        service.postpone(job, busy)
        return
    _wait(service, job.email_id, unit, lease_delay(busy.lease_expires_at, service.clock()))


def _wait(
    service: SendService, email_id: str, unit: UnitState, seconds: int = PUT_BACK_SECONDS
) -> None:
    """Let the timer come again for another invocation."""
    at = service.clock() + timedelta(seconds=seconds)
    service.schedules().set_again(Timer(email_id, unit.generation, at, unit.stream))
