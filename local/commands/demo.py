"""`python -m local demo`: the samples of `events/` sent through the deployed stack, and watched."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

from botocore.exceptions import ClientError

from local.commands.demo_expectations import Fate, Outcome, expected
from local.paths import STATE_DIR
from local.process import signals
from local.process.child import ProcessError
from local.stack import samples
from local.stack.api_client import call, get
from local.stack.local_aws import LocalAws
from local.terminal.progress import say, step
from local.terminal.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = ("plain", "html_inline_image", "template_two_people", "bounce", "complaint")
INVALID = "invalid"
TEMPLATE = "order-shipped"
TITLES = ("email", "by", "recipient", "state", "SES id", "timeline")
DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.25
ID_WIDTH = 25  # of about 60 characters; the first 16 are the time


@dataclass
class Sent:
    """A sample on its way, with the outcome seen last."""

    name: str
    by: str
    email_id: str
    expected: Mapping[str, Fate]
    state: str = "delivered"
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def arrived(self) -> bool:
        """Tell whether everything came out as the sample wants it."""
        if self.expected:
            return self.outcome.arrived(self.expected)
        return self.outcome.state == self.state


class DemoError(RuntimeError):
    """The deployed stack did not do what the sample wants."""


def main() -> int:
    """Run the demo; return 0 only when every email arrived."""
    STATE_DIR.mkdir(exist_ok=True)
    run_dir = Path(tempfile.mkdtemp(prefix="demo-", dir=STATE_DIR))
    try:
        with signals.raised():
            _run(run_dir)
    except (DemoError, ProcessError, ClientError, URLError, TimeoutError) as error:
        print(f"\n{error}\nLogs: {run_dir}", file=sys.stderr)
        return 1
    except signals.EndedBySignal:
        shutil.rmtree(run_dir, ignore_errors=True)
        raise
    shutil.rmtree(run_dir)
    return 0


def _run(run_dir: Path) -> None:
    say("The demo, in a local AWS of its own:")
    with LocalAws(run_dir) as aws:
        with step("create the SES template"):
            aws.client("sesv2").create_email_template(**samples.template(TEMPLATE))
        with step("send the samples by API and by queue"):
            sent = [*_send_by_api(aws), *_send_by_queue(aws)]
        with step("wait for SES's events"):
            _watch(aws, sent)
        say(f"\n{table(TITLES, [row for one in sent for row in _rows(one)])}\n")
    missing = [f"{one.name} by {one.by}" for one in sent if not one.arrived]
    if missing:
        raise DemoError(f"NOT as expected after {DEADLINE_SECONDS:.0f} s: {', '.join(missing)}")
    say(f"\nAll {len(sent)} emails came out as expected.")


def _send_by_api(aws: LocalAws) -> Iterator[Sent]:
    for name in NAMES:
        request = samples.request(name)
        answer = call(aws.api_url, request)
        if answer.status not in {200, 202}:
            raise DemoError(f"POST /emails, {name}: {answer.status} {json.dumps(answer.content)}")
        yield Sent(name, "API", answer.content["email_id"], expected(request.body))
    refused = call(aws.api_url, samples.request(INVALID))
    if refused.status != 422:
        raise DemoError(f"POST /emails, {INVALID}: expected 422, got {refused.status}")
    yield Sent(INVALID, "API", "", {}, "refused", Outcome.refused(refused.content))


def _send_by_queue(aws: LocalAws) -> Iterator[Sent]:
    sqs, queue_url = aws.client("sqs"), aws.outputs["SendQueueUrl"]
    for name in (*NAMES, INVALID):
        for body in samples.queue_bodies(name):
            record_id = sqs.send_message(QueueUrl=queue_url, MessageBody=body)["MessageId"]
            email_id = json.loads(body).get("idempotency_key", record_id)
            if name == INVALID:
                yield Sent(name, "queue", email_id, {}, "rejected")
            else:
                yield Sent(name, "queue", email_id, expected(body))


def _watch(aws: LocalAws, sent: list[Sent]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        for one in [one for one in sent if not one.arrived]:
            one.outcome = _look(aws, one.email_id) or one.outcome
        if all(one.arrived for one in sent):
            return
        time.sleep(POLL_SECONDS)


def _look(aws: LocalAws, email_id: str) -> Outcome | None:
    try:
        answer = get(aws.api_url, f"/emails/{email_id}")
    except TimeoutError:
        return None  # a busy machine; the deadline of the demo decides
    return Outcome.read(answer.content) if answer.status == 200 else None


def _rows(sent: Sent) -> Iterator[tuple[str, ...]]:
    head = (sent.name, sent.by)
    if not sent.outcome.recipients:
        yield (*head, "-", sent.outcome.state, "-", sent.outcome.reason or "-")
    for one in sent.outcome.recipients:
        ses_id = _shortened(one.message_id) if one.message_id else "-"
        yield (*head, one.address, one.state, ses_id, one.story() or "-")


def _shortened(ses_id: str) -> str:
    return ses_id if len(ses_id) <= ID_WIDTH else f"{ses_id[:ID_WIDTH]}…"
