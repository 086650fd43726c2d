"""Dead letters that are moved back to the work queues."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest
from botocore.exceptions import EndpointConnectionError

from amsdal_mail.cli.dead_letters import RedriveResult, redrive
from amsdal_mail.cli.dead_letters.queues import UnknownQueueError, find_queue
from amsdal_mail.envelope import ORIGINAL_MESSAGE_ID, SENT_AT, open_envelope, seal
from tests.unit.amsdal_mail.cli.dead_letters.queues_in_memory import Queues, fake_stage


def _redrive(sqs: Queues, queue: str = "send", moved: Any = lambda _moved: None) -> RedriveResult:
    return redrive(fake_stage({"sqs": sqs}), queue, moved)


def test_moved_request_keeps_its_id_for_the_send_function() -> None:
    sqs, progress = Queues([str(number) for number in range(25)]), list[int]()

    assert _redrive(sqs, moved=progress.append).moved == 25

    assert sqs.dead == []
    assert progress == list(range(1, 26))
    assert [open_envelope(message["MessageBody"]) for message in sqs.sent] == [
        ({ORIGINAL_MESSAGE_ID: f"id-{number}", SENT_AT: "1796092293145"}, str(number))
        for number in range(25)
    ]


def test_body_of_the_send_function_is_moved_as_it_is() -> None:
    body = seal({"email_id": "order-1"}, "{}")
    sqs = Queues([body])

    _redrive(sqs)

    assert [message["MessageBody"] for message in sqs.sent] == [body]


def test_message_with_ten_attributes_is_moved() -> None:
    attributes = {f"a{number}": {"DataType": "Binary", "BinaryValue": b"x"} for number in range(10)}
    sqs = Queues(["body"])
    sqs.dead[0]["MessageAttributes"] = attributes

    _redrive(sqs)

    assert [message["MessageAttributes"] for message in sqs.sent] == [attributes]


def test_event_is_moved_as_it_is() -> None:
    sqs = Queues(["event"])

    _redrive(sqs, "events")

    assert [message["MessageBody"] for message in sqs.sent] == ["event"]


@pytest.mark.parametrize("shows_again", [False, True], ids=["hidden", "visible_again_meanwhile"])
def test_refused_message_stays_and_the_others_move(shows_again: bool) -> None:
    sqs = Queues(["a", "too large", "b"], shows_again=shows_again)

    result = _redrive(sqs, "events")

    assert (result.moved, list(result.errors)) == (2, ["id-too large"])
    assert "InvalidParameterValue" in result.errors["id-too large"]
    assert [message["MessageBody"] for message in sqs.sent] == ["a", "b"]
    assert [message["Body"] for message in sqs.dead] == ["too large"]


def test_lost_connection_leaves_the_message_where_it_is() -> None:
    class Unreachable(Queues):
        def send_message(self, **_call: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://sqs")

    sqs = Unreachable(["a"])

    assert list(_redrive(sqs).errors) == ["id-a"]
    assert len(sqs.dead) == 1


def test_messages_that_cannot_be_received_yet_are_counted() -> None:
    assert _redrive(Queues(["a", "too large"], delayed=2), "events") == RedriveResult(
        moved=1, errors={"id-too large": ANY}, hidden=2
    )


def test_unknown_queue_names_those_that_there_are() -> None:
    with pytest.raises(UnknownQueueError) as refused:
        find_queue(fake_stage({"sqs": Queues([])}), "sent")

    assert refused.value.cure == "There are send, events."
