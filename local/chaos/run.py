"""A chaos run against a deployed stack, from the first email to the verdict."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from local.chaos.emails import Email, make_emails
from local.chaos.faults import (
    OpenFlood,
    WorkerKiller,
    ended_by_gateway,
    faulty_ses,
    impatient_gateway,
    short_delays,
    unverified_sender,
)
from local.chaos.load import CLIENTS, send
from local.chaos.queues import DEAD_LETTER_QUEUES, WORK_QUEUES, depth, visibility_timeout
from local.chaos.strangers import publish_strangers
from local.chaos.timed import TimedEmails, schedules_left
from local.chaos.verdict import Verdict, accepted_by_ses, judge
from local.paths import ROOT
from local.stack.api_client import get
from local.stack.environment import for_local_aws
from local.stack.ses_simulator import control
from local.terminal.progress import step

if TYPE_CHECKING:
    from local.stack.local_aws import LocalAWS
    from local.terminal.progress import Printer

__all__ = ["SHORT_TIMES", "kill_count", "run"]

SHORT_TIMES = {
    "send_timeout_seconds": "12",
    "lost_response_seconds": "15",
    "longest_queue_delay_seconds": "5",
    "max_send_rate": "500",
}
"""Settings of a chaos run. The defaults of 60 and 900 seconds would make it last half an hour."""
VISIBILITY_SECONDS = 10
"""By default the queues hide a record for six times the timeout of the function. This is less, and
a harder test: a record returns while the first worker may still have it."""
DEADLINE_SECONDS = 180.0
SECONDS_PER_EMAIL = 0.2
OPENS_PER_EMAIL = 2
ARRIVED = ("delivered", "opened", "clicked")
SAMPLE_SIZE = 100
"""Emails whose state is read from the API at the end."""
COUNTS = {
    "throttling responses": "TooManyRequestsException",
    "server errors": "InternalServiceErrorException",
    "responses dropped after accepting": "dropped responses",
    "requests dropped": "dropped requests",
    "refusals of an unverified sender": "MessageRejected",
}
"""Names in the table of the verdict, and names of the simulator's counts."""


def kill_count(emails: int) -> int:
    """Return how many workers to kill in a run with so many emails."""
    return 4 + emails // 150


def run(aws: LocalAWS, count: int, *, seed: int, output: Printer) -> Verdict:
    """Send `count` emails while SES and workers fail, wait until all work is done, and judge."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not a secret
    emails = list(make_emails(count))
    deadline = time.monotonic() + DEADLINE_SECONDS + SECONDS_PER_EMAIL * count
    killer = WorkerKiller(aws.ministack_pid, kill_count(count), rng)
    flood = OpenFlood(aws.ses_url, OPENS_PER_EMAIL * count)
    ended_before = ended_by_gateway(aws.endpoint)
    counts_before = control(aws.ses_url, "GET", "counts")
    with visibility_timeout(aws, VISIBILITY_SECONDS), short_delays(aws.endpoint):
        title = f"send {count:,} emails while SES and workers fail"
        with step(title, output=output), ExitStack() as faults:
            faults.enter_context(faulty_ses(aws.ses_url))
            faults.enter_context(impatient_gateway(aws.endpoint))
            faults.enter_context(unverified_sender(aws.ses_url, "example.com"))
            faults.enter_context(killer.running())
            faults.enter_context(flood.running())
            strangers = publish_strangers(aws)
            timed = TimedEmails.beside(count, aws, seed, deadline)
            with ThreadPoolExecutor(1, "timed") as pool:
                sending = pool.submit(timed.send)
                acknowledged = send(aws, emails, rng, deadline)
                sending.result()
            strangers += publish_strangers(aws)
        with step("wait until the queues are empty", output=output):
            redriven = _wait_until_done(aws, deadline)
    emails += timed.kept
    acknowledged |= {email.key for email in timed.kept}
    sample = rng.sample(emails, min(count, SAMPLE_SIZE))
    with step(f"get the state of {len(sample):,} emails from the API", output=output):
        not_delivered = _not_delivered(aws, [mail for mail in sample if mail.key in acknowledged])
    counts_after = control(aws.ses_url, "GET", "counts")
    extra_counts = {
        name: counts_after.get(key, 0) - counts_before.get(key, 0) for name, key in COUNTS.items()
    }
    extra_counts |= {
        "requests ended by the gateway": ended_by_gateway(aws.endpoint) - ended_before,
        "opens by a flood": flood.opened,
        "strangers on the topics": strangers,
        "workers killed": killer.killed,
        "dead letters redriven": redriven,
        "heavy emails": sum(email.is_heavy for email in emails),
        "objects left in the bucket": _objects_left(aws),
        "scheduled emails that were not canceled": len(timed.kept),
        "canceled emails": len(timed.canceled),
        "emails with an expiry": len(timed.expiries),
    }
    keys = {email.key for email in emails} | timed.keys
    messages = control(aws.ses_url, "GET", "messages")["messages"]
    accepted = accepted_by_ses(messages, keys)
    return judge(
        emails,
        acknowledged,
        accepted,
        dead_letters=depth(aws, *DEAD_LETTER_QUEUES),
        not_delivered=not_delivered,
        sent_after_cancel=timed.sent_after_cancel(messages),
        sent_after_expiry=timed.sent_after_expiry(messages),
        extra_counts=extra_counts,
    )


def _objects_left(aws: LocalAWS) -> int:
    """Count the objects of the queue that no email deleted: a killed worker leaves some."""
    bucket = aws.outputs["ContentBucketName"]
    listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="queued/")
    return int(listed["KeyCount"])


def _wait_until_done(aws: LocalAWS, deadline: float) -> int:
    """Redrive dead letters until there is no more work; return how many were redriven."""
    redriven = quiet_checks = 0
    while quiet_checks < 2 and time.monotonic() < deadline:
        queued_messages = depth(aws, *WORK_QUEUES)
        pending_messages = control(aws.ses_url, "GET", "health")["messages_with_pending_events"]
        waiting = queued_messages or pending_messages or schedules_left(aws)
        quiet_checks = 0 if waiting else quiet_checks + 1
        if dead_letters := depth(aws, *DEAD_LETTER_QUEUES):
            _redrive(aws)
            redriven, quiet_checks = redriven + dead_letters, 0
        time.sleep(0.3)
    return redriven


def _redrive(aws: LocalAWS) -> None:
    """Move the dead letters back as an operator does, by the command line."""
    environment = for_local_aws(os.environ, aws.endpoint)
    subprocess.run(
        [sys.executable, "-m", "amsdal_mail.cli", "dead-letters", "redrive", "--stage", "dev"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _not_delivered(aws: LocalAWS, emails: Sequence[Email]) -> int:
    """Count the recipients that the API does not report as delivered."""

    def missing(email: Email) -> int:
        response = get(aws.api_url, f"/emails/{email.key}")
        counts = response.content.get("counts") if response.status == 200 else None
        return len(email.recipients) - sum(int((counts or {}).get(name, 0)) for name in ARRIVED)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(missing, emails))
