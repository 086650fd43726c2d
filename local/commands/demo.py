"""`python -m local demo`: send the samples of `events/` through the stack, and show the results."""

from __future__ import annotations

import argparse
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

from local.commands.demo_expectations import EmailResult, Expectation, expectations_of
from local.paths import STATE_DIR
from local.process import signals
from local.process.child import ProcessError
from local.stack import samples
from local.stack.api_client import call, get
from local.stack.local_aws import LocalAWS
from local.terminal.progress import show, step
from local.terminal.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["main"]

NAMES = ("plain", "html_inline_image", "template_two_people", "bounce", "complaint")
INVALID = "invalid"
TEMPLATE = "order-shipped"
TITLES = ("email", "by", "recipient", "state", "SES id", "timeline")
DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.25
ID_WIDTH = 25
"""An SES id has about 60 characters. The first 16 are the time."""
DESCRIPTION = """Start a temporary local AWS, deploy the stack, send the samples of events/ by API
and by queue, and show the result of each. The exit status is 0 when all are as expected."""


@dataclass
class SentSample:
    """A sample that was sent, with its newest result."""

    name: str
    by: str
    email_id: str
    expectations: Mapping[str, Expectation]
    state: str = "delivered"
    """The expected state of a sample without recipients."""
    result: EmailResult = field(default_factory=EmailResult)

    @property
    def is_done(self) -> bool:
        """Whether the result is as expected."""
        if self.expectations:
            return self.result.meets(self.expectations)
        return self.result.state == self.state


class DemoError(RuntimeError):
    """A result differs from the expectation of its sample."""


def main(arguments: list[str]) -> int:
    """Run the demo; return 0 only when each email has the expected result."""
    parser = argparse.ArgumentParser(prog="python -m local demo", description=DESCRIPTION)
    parser.parse_args(arguments)
    STATE_DIR.mkdir(exist_ok=True)
    run_dir = Path(tempfile.mkdtemp(prefix="demo-", dir=STATE_DIR))
    try:
        with signals.as_exceptions():
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
    show("Demo in a temporary local AWS:")
    with LocalAWS(run_dir) as aws:
        with step("create the SES template"):
            aws.client("sesv2").create_email_template(**samples.template(TEMPLATE))
        with step("send the samples by API and by queue"):
            sent = [*_send_by_api(aws), *_send_by_queue(aws)]
        with step("wait for the events of SES"):
            _wait_for_results(aws, sent)
        show(f"\n{table(TITLES, [row for sample in sent for row in _rows(sample)])}\n")
    missing = [f"{sample.name} by {sample.by}" for sample in sent if not sample.is_done]
    if missing:
        raise DemoError(f"NOT as expected after {DEADLINE_SECONDS:.0f} s: {', '.join(missing)}")
    show(f"\nAll {len(sent)} emails have the expected result.")


def _send_by_api(aws: LocalAWS) -> Iterator[SentSample]:
    for name in NAMES:
        request = samples.request(name)
        response = call(aws.api_url, request)
        if response.status not in {200, 202}:
            content = json.dumps(response.content)
            raise DemoError(f"POST /emails, {name}: {response.status} {content}")
        yield SentSample(name, "API", response.content["email_id"], expectations_of(request.body))
    refusal = call(aws.api_url, samples.request(INVALID))
    if refusal.status != 422:
        raise DemoError(f"POST /emails, {INVALID}: expected 422, got {refusal.status}")
    result = EmailResult.from_refusal(refusal.content)
    yield SentSample(INVALID, "API", "", {}, "refused", result)


def _send_by_queue(aws: LocalAWS) -> Iterator[SentSample]:
    sqs, queue_url = aws.client("sqs"), aws.outputs["SendQueueUrl"]
    for name in (*NAMES, INVALID):
        for body in samples.queue_bodies(name):
            record_id = sqs.send_message(QueueUrl=queue_url, MessageBody=body)["MessageId"]
            email_id = json.loads(body).get("idempotency_key", record_id)
            if name == INVALID:
                yield SentSample(name, "queue", email_id, {}, "rejected")
            else:
                yield SentSample(name, "queue", email_id, expectations_of(body))


def _wait_for_results(aws: LocalAWS, sent: list[SentSample]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        for sample in sent:
            if not sample.is_done:
                sample.result = _get_result(aws, sample.email_id) or sample.result
        if all(sample.is_done for sample in sent):
            return
        time.sleep(POLL_SECONDS)


def _get_result(aws: LocalAWS, email_id: str) -> EmailResult | None:
    try:
        response = get(aws.api_url, f"/emails/{email_id}")
    except TimeoutError:
        return None  # the machine is busy; the deadline of the demo decides
    return EmailResult.from_response(response.content) if response.status == 200 else None


def _rows(sample: SentSample) -> Iterator[tuple[str, ...]]:
    head, result = (sample.name, sample.by), sample.result
    if not result.recipients:
        yield (*head, "-", result.state, "-", result.reason or "-")
    for recipient in result.recipients:
        ses_id = _shortened(recipient.message_id) if recipient.message_id else "-"
        yield (*head, recipient.address, recipient.state, ses_id, recipient.summary() or "-")


def _shortened(ses_id: str) -> str:
    return ses_id if len(ses_id) <= ID_WIDTH else f"{ses_id[:ID_WIDTH]}…"
