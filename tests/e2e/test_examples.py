"""The programs of examples/ run with the environment that `make local` prints."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from uuid import uuid4

import pytest

from local.commands.welcome import shell_variables
from local.stack.local_aws import LocalAWS
from tests.docs.pages import ROOT

SENDER = "orders@example.com"
RECIPIENT = "success+examples@simulator.amazonses.com"
PATIENCE_SECONDS = 30


@pytest.fixture
def env(local_aws: LocalAWS) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**inherited, **shell_variables(local_aws), "PYTHONPATH": str(ROOT / "lambdas")}


def run(name: str, *arguments: str, env: dict[str, str]) -> list[str]:
    command = [sys.executable, f"examples/{name}.py", *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize(("backend", "state"), [("ses", "accepted"), ("sqs", "queued")])
@pytest.mark.parametrize("name", ["send_plain", "send_template"])
def test_example_sends(name: str, backend: str, state: str, env: dict[str, str]) -> None:
    lines = run(name, SENDER, RECIPIENT, env=env | {"AMSDAL_EMAIL_BACKEND": backend})

    assert [line.split()[:2] for line in lines] == [[RECIPIENT, state]]


def test_example_reads_the_events_of_a_queue(local_aws: LocalAWS, env: dict[str, str]) -> None:
    sqs, topic_arn = local_aws.client("sqs"), local_aws.outputs["EventTopicArn"]
    queue_url = sqs.create_queue(QueueName=f"examples-{uuid4().hex}")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
    local_aws.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    (sent,) = run("send_plain", SENDER, RECIPIENT, env=env)
    message_id = sent.split()[2]

    lines: list[str] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(lines) < 2 and time.monotonic() < deadline:
        read = run("consume_events", "--queue", queue_url, env=env)
        lines += [line for line in read if message_id in line]

    assert sorted(line.split()[1] for line in lines) == ["delivery", "send"]
