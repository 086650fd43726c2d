"""The queues of a stage: its own, and those that earlier stacks left."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from amsdal_mail.cli.dead_letters import DeadLetterQueue, find_queue, list_dead_letters
from tests.unit.amsdal_mail.cli.dead_letters.queues_in_memory import OUTPUTS, Queues, fake_stage

LEFT = "AmsdalMail-prod-BulkQueue4B0C8F5F-1AbcD2"


def _listed(names: list[str], **options: bool) -> list[DeadLetterQueue]:
    return list_dead_letters(fake_stage({"sqs": Queues(["a", "b"], names=names)}), **options)


def test_empty_queues_are_listed_with_their_counts() -> None:
    queues = _listed([])

    assert [(queue.name, queue.count) for queue in queues] == [("send", 2), ("events", 2)]


def test_queue_that_an_earlier_stack_left_is_found() -> None:
    queue = _listed([LEFT])[-1]

    assert (queue.name, queue.target_url) == (LEFT, "https://sqs/1/bulk")
    assert queue.is_left_behind
    assert queue.has_requests
    assert find_queue(fake_stage({"sqs": Queues([], names=[LEFT])}), LEFT).url == queue.url


def test_queues_left_behind_can_be_left_out() -> None:
    assert len(_listed([LEFT], left_behind=False)) == 2


def test_queues_of_others_are_left_alone() -> None:
    others = [
        "AmsdalMail-prod-SendQueue4B0C8F5F-New1",  # the current queue
        "AmsdalMail-prod-eu-SendQueue4B0C8F5F-1AbcD2",  # the stage prod-eu
        "AmsdalMail-prod-Orders",
        "AmsdalMail-prod-SendQueue",
    ]

    assert len(_listed(others)) == 2


def test_all_pages_of_queues_are_read() -> None:
    sqs = boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(sqs) as stub:
        params: dict[str, Any] = {"QueueNamePrefix": "AmsdalMail-prod-", "MaxResults": 1000}
        stub.add_response("list_queues", {"QueueUrls": [], "NextToken": "second"}, params)
        second = {**params, "NextToken": "second"}
        stub.add_response("list_queues", {"QueueUrls": [f"https://sqs/1/{LEFT}"]}, second)

        assert find_queue(fake_stage({"sqs": sqs}, OUTPUTS), LEFT).name == LEFT
