"""The operator's commands, as a program beside the deployed stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail.envelope import seal
from local.chaos.faults import set_switches
from local.commands.welcome import shell_variables
from local.stack.clients import client
from local.stack.environment import export_lines
from tests.e2e.service import Service, message
from tests.name_server import HEALTHY_ZONE, Zone, serving

SENDER = "example.com"
WRONG_ZONE: Zone = {
    **HEALTHY_ZONE,
    "mail.example.com TXT": ['"v=spf1 -all"'],
    "_dmarc.example.com TXT": [],
}
HEALTHY_SWITCHES = {
    "identities": {SENDER: "SUCCESS"},
    "dkim": {SENDER: "SUCCESS"},
    "mail_from": {SENDER: "SUCCESS"},
    "sandbox": False,
    "max_send_rate": None,
}
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class CommandLine:
    """`amsdal-mail`, in a folder that names the local AWS as `make local` does."""

    folder: Path
    port: int

    def __call__(self, *arguments: str, **environment: str) -> tuple[int, Any]:
        """Return the exit code and the JSON."""
        command = [sys.executable, "-m", "amsdal_mail.cli", "--stage", f"local:{self.port}"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run(
            [*command, *arguments, "--json"],
            cwd=self.folder, env=kept | environment,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def doctor(self, zone: Zone) -> tuple[int, dict[str, str], dict[str, str]]:
        """Return the exit code, the statuses and the messages by check."""
        with serving(zone) as address:
            code, document = self("doctor", AMSDAL_MAIL_RESOLVER=address)
        rows = document["findings"]
        statuses = {row["check"]: row["status"] for row in rows}
        return code, statuses, {row["check"]: row["message"] for row in rows}


@pytest.fixture
def amsdal_mail(service: Service, tmp_path: Path) -> CommandLine:
    folder = tmp_path / ".local" / str(service.aws.port)
    folder.mkdir(parents=True)
    (folder / "env").write_text(export_lines(shell_variables(service.aws)))
    (tmp_path / "cdk.json").write_text("{}")
    return CommandLine(tmp_path, service.aws.port)


@pytest.fixture
def dead_letter(service: Service) -> Iterator[str]:
    """A job that breaks a rule: the function fails, and SQS makes it a dead letter at once."""
    sqs, queue = service.aws.client("sqs"), service.aws.outputs["SendQueueUrl"]
    names = ["RedrivePolicy", "VisibilityTimeout"]
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    policy = {**json.loads(before["RedrivePolicy"]), "maxReceiveCount": 1}
    quick = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "1"}
    notes = {
        "email_id": "broken-1", "fingerprint": "0" * 64, "retry_count": "000",
        "postpone_count": "00",
    }  # fmt: skip
    body = seal(notes, json.dumps(message("nobody")))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=quick)
    try:
        yield str(sqs.send_message(QueueUrl=queue, MessageBody=body)["MessageId"])
    finally:
        _wait_for_dead_letter(service)  # it may be on its way again
        sqs.purge_queue(QueueUrl=service.aws.outputs["SendDeadLetterQueueUrl"])
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


def _wait_for_dead_letter(service: Service) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not service.depth("SendDeadLetterQueueUrl"):
        assert time.monotonic() < deadline
        time.sleep(0.2)


@contextmanager
def _without_destination(service: Service) -> Iterator[None]:
    """Take the destination of bounces and all that is no open or click from the set."""
    # The sets are those of MiniStack: the simulator reads them there.
    ses = client("sesv2", service.aws.endpoint)
    name = service.aws.outputs["ConfigurationSetName"]
    rows = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
    (row,) = (each for each in rows["EventDestinations"] if "BOUNCE" in each["MatchingEventTypes"])
    destination = {"ConfigurationSetName": name, "EventDestinationName": row.pop("Name")}
    ses.delete_configuration_set_event_destination(**destination)
    try:
        yield
    finally:
        ses.create_configuration_set_event_destination(**destination, EventDestination=row)


def test_healthy_stage_passes_the_doctor(amsdal_mail: CommandLine) -> None:
    code, statuses, messages = amsdal_mail.doctor(HEALTHY_ZONE)

    assert (code, {name for name, status in statuses.items() if status in {"fail", "warn"}}) == (
        0,
        set(),
    ), messages
    skipped = {name for name, status in statuses.items() if status == "skip"}
    assert skipped == {"region", "reputation", "oldest message", "backups"}


def test_doctor_finds_ten_planted_faults(
    service: Service, amsdal_mail: CommandLine, dead_letter: str
) -> None:
    aws = service.aws
    alarms = aws.client("cloudwatch")
    alarm = alarms.describe_alarms(AlarmNamePrefix="AmsdalMail-dev-Alarms")["MetricAlarms"][0]
    ringing = {"AlarmName": alarm["AlarmName"], "StateReason": "planted"}
    _wait_for_dead_letter(service)
    try:
        set_switches(
            aws.ses_url,
            {
                "identities": {SENDER: "FAILED"},
                "dkim": {SENDER: "NOT_STARTED"},
                "mail_from": {SENDER: "FAILED"},
                "sandbox": True,
                "max_send_rate": 1,
            },
        )
        alarms.set_alarm_state(**ringing, StateValue="ALARM")
        with _without_destination(service):
            code, statuses, messages = amsdal_mail.doctor(WRONG_ZONE)
    finally:
        set_switches(aws.ses_url, HEALTHY_SWITCHES)
        alarms.set_alarm_state(**ringing, StateValue=alarm["StateValue"])

    assert code == 1
    assert {name for name, status in statuses.items() if status == "fail"} == {
        "identity", "DKIM", "MAIL FROM", "SPF", "DMARC", "sandbox", "send rate",
        "event destinations", "dead letters", "alarms",
    }, messages  # fmt: skip


def test_dead_letter_is_listed_explained_and_moved(
    service: Service, amsdal_mail: CommandLine, dead_letter: str
) -> None:
    _wait_for_dead_letter(service)

    _code, listed = amsdal_mail("dead-letters", "list")
    code, shown = amsdal_mail("dead-letters", "show", "send")
    _code, planned = amsdal_mail("dead-letters", "redrive", "send", "--dry-run")
    moved_code, moved = amsdal_mail("dead-letters", "redrive", "send")

    assert (listed["queues"][0]["name"], listed["queues"][0]["count"]) == ("send", 1)
    (letter,) = shown["letters"]
    assert (code, letter["message_id"], letter["email_id"]) == (0, dead_letter, "broken-1")
    assert "to[0]: must be an address" in letter["reason"]
    texts = {reason["source"]: reason["text"] for reason in letter["reasons"]}
    assert texts["log"].startswith("request rejected: InvalidMessageError")
    assert "no record" in texts["record"]
    assert planned["queues"][0]["would_move"] == 1
    assert (moved_code, moved["queues"][0]["moved"]) == (0, 1)
