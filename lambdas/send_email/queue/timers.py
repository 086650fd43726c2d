"""Timers on the send queue, and beyond its longest delay in EventBridge Scheduler."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.envelope import seal
from amsdal_mail.stream import Stream
from send_email.sending.errors import QueueError
from send_email.sending.timers import LONGEST_DELAY, QueueDelay, Timer, Timers, plan_timer

if TYPE_CHECKING:
    from datetime import datetime

    from types_boto3_scheduler import EventBridgeSchedulerClient
    from types_boto3_sqs import SQSClient

__all__ = ["QueueTimers", "ScheduleTarget", "is_timer", "timer_body"]

TIMER_NOTES = {"email_id": EMAIL_ID, "generation": re.compile("[0-9]{1,9}")}
"""The notes of a timer, by their forms."""
NO_REQUEST = "{}"
RETRY_SECONDS = 24 * 60 * 60
RETRIES = 185
"""How long and how often Scheduler tries to put a timer on the queue: as much as it can.

https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
"""
EXISTS = "ConflictException"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTarget:
    """Where EventBridge Scheduler puts the timers, and what it may do."""

    group: str
    """The schedule group of the stage."""
    queue_arns: Mapping[Stream, str]
    dead_letter_arn: str
    """The queue for timers that Scheduler could not put on the send queue."""
    role_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTimers(Timers):
    """Timers as delayed messages of the send queue, or as one-time schedules."""

    sqs: SQSClient
    queue_urls: Mapping[Stream, str]
    scheduler: Callable[[], EventBridgeSchedulerClient]
    """Returns the client. It is made for the first email that is scheduled for long."""
    target: ScheduleTarget
    longest_delay: int = LONGEST_DELAY

    @override
    def set(self, timer: Timer, now: datetime) -> None:
        plan = plan_timer(timer, now, self.longest_delay)
        if isinstance(plan, QueueDelay):
            self._delay(timer, plan.seconds)
        else:
            self._create_schedule(timer, plan.at)

    @override
    def set_near(self, timer: Timer, now: datetime) -> None:
        plan = plan_timer(timer, now, self.longest_delay)
        seconds = plan.seconds if isinstance(plan, QueueDelay) else self.longest_delay
        self._delay(timer, seconds)

    @override
    def drop(self, timer: Timer) -> None:
        try:
            self.scheduler().delete_schedule(GroupName=self.target.group, Name=_name(timer))
        except (ClientError, BotoCoreError):
            # It may never have been a schedule. One that is left comes in vain.
            return

    def _delay(self, timer: Timer, seconds: int) -> None:
        try:
            self.sqs.send_message(
                QueueUrl=self.queue_urls[timer.stream],
                MessageBody=timer_body(timer),
                DelaySeconds=seconds,
            )
        except (ClientError, BotoCoreError) as error:
            raise QueueError(f"SendMessage: {error}") from error

    def _create_schedule(self, timer: Timer, at: datetime) -> None:
        name = _name(timer)
        try:
            self.scheduler().create_schedule(
                GroupName=self.target.group,
                Name=name,
                ClientToken=name,
                Description=f"{timer.email_id}, generation {timer.generation}",
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.target.queue_arns[timer.stream],
                    "RoleArn": self.target.role_arn,
                    "Input": timer_body(timer),
                    "DeadLetterConfig": {"Arn": self.target.dead_letter_arn},
                    "RetryPolicy": {
                        "MaximumEventAgeInSeconds": RETRY_SECONDS,
                        "MaximumRetryAttempts": RETRIES,
                    },
                },
            )
        except ClientError as error:
            # The name has the id, the generation and the time: it is this timer, set before.
            if error.response["Error"]["Code"] != EXISTS:
                raise QueueError(f"CreateSchedule: {error}") from error
        except BotoCoreError as error:
            raise QueueError(f"CreateSchedule: {error}") from error


def timer_body(timer: Timer) -> str:
    """Return a timer as the body of a message on the send queue."""
    notes = {"email_id": timer.email_id, "generation": str(timer.generation)}
    return seal(notes, NO_REQUEST)


def is_timer(notes: Mapping[str, str]) -> bool:
    """Return whether the notes of a body are those of a timer."""
    return all(form.fullmatch(notes.get(name, "")) for name, form in TIMER_NOTES.items())


def _name(timer: Timer) -> str:
    """Return the name of a schedule. An `email_id` may be too long, or have other characters."""
    key = json.dumps([timer.email_id, timer.generation, timer.at.timestamp()])
    return hashlib.sha256(key.encode()).hexdigest()
