"""One chaos run against a deployed stack, from the first email to the verdict."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.chaos.emails import Email, emails
from local.chaos.faults import Killer, misbehaving
from local.chaos.load import CLIENTS, send
from local.chaos.queues import DEAD, WORK, depth, visibility
from local.chaos.verdict import Verdict, accepted_by_ses, judge
from local.paths import ROOT
from local.stack.api_client import get
from local.stack.environment import for_local_aws
from local.stack.ses_simulator import control
from local.terminal.progress import step

if TYPE_CHECKING:
    from local.stack.local_aws import LocalAws
    from local.terminal.progress import Say

CONTEXT = {"send_timeout_seconds": "12", "lost_answer_seconds": "15", "max_send_rate": "500"}
"""The stack's own times are 60 and 900 seconds; with those a run would wait for half an hour."""
VISIBILITY_SECONDS = 10
"""The stack's own queues hide a record for six times the function's timeout. Less makes a harsher
test: a record comes again while the first try may be at work."""
DEADLINE_SECONDS = 180.0
SECONDS_PER_EMAIL = 0.2
ASKED = 100
COUNTS = {
    "throttle answers": "TooManyRequestsException",
    "server errors": "InternalServiceErrorException",
    "answers dropped after accepting": "dropped answers",
    "requests dropped": "dropped requests",
}


def kills(count: int) -> int:
    """Choose how many workers to kill in a run of so many emails."""
    return 4 + count // 150


def run(aws: LocalAws, count: int, *, seed: int, to: Say) -> Verdict:
    """Send `count` emails while things go wrong, wait until all is quiet, and judge."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    every = list(emails(count))
    deadline = time.monotonic() + DEADLINE_SECONDS + SECONDS_PER_EMAIL * count
    killer = Killer(aws.ministack_pid, kills(count), chance)
    before = control(aws.ses_url, "GET", "counts")
    with visibility(aws, VISIBILITY_SECONDS):
        title = f"send {count:,} emails while everything goes wrong"
        with step(title, to=to), misbehaving(aws.ses_url), killer.at_work():
            acknowledged = send(aws, every, chance, deadline)
        with step("wait until the queues are empty", to=to):
            redriven = _wait_until_quiet(aws, deadline)
    asked = chance.sample(every, min(count, ASKED))
    with step(f"ask the API about {len(asked):,} of them", to=to):
        untold = sum(_untold(aws, [one for one in asked if one.key in acknowledged]))
    after = control(aws.ses_url, "GET", "counts")
    more = {name: after.get(key, 0) - before.get(key, 0) for name, key in COUNTS.items()}
    more |= {"workers killed": killer.killed, "dead letters redriven": redriven}
    mine = {one.key for one in every}
    accepted = accepted_by_ses(control(aws.ses_url, "GET", "messages")["messages"])
    for key in [key for key in accepted if key[0] not in mine]:
        del accepted[key]
    left = depth(aws, *DEAD)
    return judge(every, acknowledged, accepted, left=left, untold=untold, more=more)


def _wait_until_quiet(aws: LocalAws, deadline: float) -> int:
    """Return how many dead letters had to be moved back."""
    redriven = quiet = 0
    while quiet < 2 and time.monotonic() < deadline:
        waiting = depth(aws, *WORK)
        pending = control(aws.ses_url, "GET", "health")["messages_with_pending_events"]
        quiet = 0 if waiting or pending else quiet + 1
        if dead := depth(aws, *DEAD):
            _redrive(aws)
            redriven, quiet = redriven + dead, 0
        time.sleep(0.3)
    return redriven


def _redrive(aws: LocalAws) -> None:
    """Do what the README says of dead letters."""
    environment = for_local_aws(os.environ, aws.endpoint)
    subprocess.run(
        [sys.executable, "-m", "infra.redrive"], cwd=ROOT, env=environment, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _untold(aws: LocalAws, asked: Sequence[Email]) -> list[int]:
    def of(email: Email) -> int:
        answer = get(aws.api_url, f"/emails/{email.key}")
        told = answer.content.get("counts") if answer.status == 200 else {}
        return len(email.recipients) - int((told or {}).get("delivered", 0))

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(of, asked))
