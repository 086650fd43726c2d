"""Dead letters that are moved back to the work queues."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from infra.redrive import Move, RedriveResult, main, moves_from_earlier_stacks, redrive
from send_email.queue.envelope import ORIGINAL_MESSAGE_ID, SENT_AT, open_envelope, seal
from tests.infra.synthesis import SynthesisedStack

SENT = {"SentTimestamp": "1796092293145"}


class Queues:
    """SQS in memory. A received message stays hidden, unless `shows_again`."""

    def __init__(self, bodies: list[str], *, shows_again: bool = False, delayed: int = 0) -> None:
        self.delayed = delayed
        self.dead: list[dict[str, Any]] = [
            {"MessageId": f"id-{body}", "Body": body, "Attributes": SENT} for body in bodies
        ]
        self.shows_again = shows_again
        self.hidden: set[str] = set()
        self.sent: list[dict[str, Any]] = []

    def receive_message(self, **_call: Any) -> dict[str, Any]:
        visible = [m for m in self.dead if m["MessageId"] not in self.hidden][:10]
        if not self.shows_again:
            self.hidden |= {message["MessageId"] for message in visible}
        return {"Messages": [{**m, "ReceiptHandle": m["MessageId"]} for m in visible]}

    def send_message(self, **call: Any) -> None:
        if call["MessageBody"].startswith("too large"):
            error = {"Code": "InvalidParameterValue", "Message": "too long"}
            raise ClientError({"Error": error}, "SendMessage")  # type: ignore[typeddict-item]
        self.sent.append(call)

    def get_queue_attributes(self, **_call: Any) -> dict[str, Any]:
        in_flight = sum(message["MessageId"] in self.hidden for message in self.dead)
        counts = {"Delayed": self.delayed, "NotVisible": in_flight}
        return {
            "Attributes": {
                f"ApproximateNumberOfMessages{name}": str(n) for name, n in counts.items()
            }
        }

    def delete_message(self, *, ReceiptHandle: str, **_call: Any) -> None:  # noqa: N803
        self.dead = [m for m in self.dead if m["MessageId"] != ReceiptHandle]


def _redrive(sqs: Queues, **options: bool) -> RedriveResult:
    return redrive(sqs, "https://dead", "https://work", **options)


def test_moved_request_keeps_its_id_for_the_send_function() -> None:
    sqs = Queues([str(number) for number in range(25)])

    assert _redrive(sqs, keeps_ids=True).moved == 25

    assert sqs.dead == []
    assert [open_envelope(message["MessageBody"]) for message in sqs.sent] == [
        ({ORIGINAL_MESSAGE_ID: f"id-{number}", SENT_AT: "1796092293145"}, str(number))
        for number in range(25)
    ]


def test_body_of_the_send_function_is_moved_as_it_is() -> None:
    body = seal({"email_id": "order-1"}, "{}")
    sqs = Queues([body])

    _redrive(sqs, keeps_ids=True)

    assert [message["MessageBody"] for message in sqs.sent] == [body]


def test_message_with_ten_attributes_is_moved() -> None:
    attributes = {f"a{number}": {"DataType": "Binary", "BinaryValue": b"x"} for number in range(10)}
    sqs = Queues(["body"])
    sqs.dead[0]["MessageAttributes"] = attributes

    _redrive(sqs, keeps_ids=True)

    assert [message["MessageAttributes"] for message in sqs.sent] == [attributes]


def test_event_is_moved_as_it_is() -> None:
    sqs = Queues(["event"])

    _redrive(sqs)

    assert [message["MessageBody"] for message in sqs.sent] == ["event"]


@pytest.mark.parametrize("shows_again", [False, True], ids=["hidden", "visible_again_meanwhile"])
def test_refused_message_stays_and_the_others_move(shows_again: bool) -> None:
    sqs = Queues(["a", "too large", "b"], shows_again=shows_again)

    result = _redrive(sqs)

    assert (result.moved, list(result.errors)) == (2, ["id-too large"])
    assert "InvalidParameterValue" in result.errors["id-too large"]
    assert [message["MessageBody"] for message in sqs.sent] == ["a", "b"]
    assert [message["Body"] for message in sqs.dead] == ["too large"]


def test_messages_that_cannot_be_received_yet_are_counted() -> None:
    assert _redrive(Queues(["a", "too large"], delayed=2)) == RedriveResult(
        moved=1, errors={"id-too large": ANY}, hidden=2
    )


OUTPUTS = {
    "ApiUrl": "https://api", "SendQueueUrl": "https://sqs/1/AmsdalMail-prod-SendQueue4B0C8F5F-New1",
    "BulkQueueUrl": "https://sqs/1/bulk",
    "EventQueueUrl": "https://sqs/1/events", "EngagementQueueUrl": "https://sqs/1/engagements",
}  # fmt: skip


def _moves(names: list[str]) -> dict[str, Move]:
    """Return the moves from queues of these names, by the name."""
    sqs = boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    pages = [names[: len(names) // 2], names[len(names) // 2 :]]
    with Stubber(sqs) as stub:
        for number, page in enumerate(pages):
            response: dict[str, Any] = {"QueueUrls": [f"https://sqs/1/{name}" for name in page]}
            params: dict[str, Any] = {"QueueNamePrefix": "AmsdalMail-prod-", "MaxResults": 1000}
            if number:
                params["NextToken"] = "second"
            else:
                response["NextToken"] = "second"
            stub.add_response("list_queues", response, params)
        moves = moves_from_earlier_stacks(sqs, "AmsdalMail-prod", OUTPUTS)
    return {move.source_url.rpartition("/")[2]: move for move in moves}


def test_queues_that_an_earlier_stack_left_are_found(stack: SynthesisedStack) -> None:
    left = [
        f"AmsdalMail-prod-{logical_id}-1AbcD2" for logical_id in stack.of_type("AWS::SQS::Queue")
    ]

    moves = _moves(left)

    assert list(moves) == left
    for name, move in moves.items():
        kind = name.removeprefix("AmsdalMail-prod-")
        expected = {
            "S": "SendQueueUrl", "B": "BulkQueueUrl", "Ev": "EventQueueUrl",
            "En": "EngagementQueueUrl",
        }  # fmt: skip
        (output,) = (value for prefix, value in expected.items() if kind.startswith(prefix))
        assert move.target_url == OUTPUTS[output]
        assert move.keeps_ids is (output in {"SendQueueUrl", "BulkQueueUrl"})


def test_queues_of_others_are_left_alone() -> None:
    others = [
        "AmsdalMail-prod-SendQueue4B0C8F5F-New1",  # the current queue
        "AmsdalMail-prod-eu-SendQueue4B0C8F5F-1AbcD2",  # the stage prod-eu
        "AmsdalMail-prod-Orders",
        "AmsdalMail-prod-SendQueue",
    ]

    assert _moves(others) == {}


@pytest.fixture
def no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")


@pytest.mark.usefixtures("no_aws_settings")
@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_comes_from_either_variable(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    assert main(["--stage", "prod"]) == 1

    assert "Could not connect to the endpoint URL" in capsys.readouterr().err


@pytest.mark.usefixtures("no_aws_settings")
def test_missing_region_is_named_in_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stage", "prod"]) == 1

    assert capsys.readouterr().err == (
        "AmsdalMail-prod: no region is set: set AWS_REGION, for example to eu-west-1\n"
    )
