"""The protection of a record between SQS and its function."""

from __future__ import annotations

import pytest

from infra.setting_rules import LONG_POLLING_SECONDS, SECOND_DELIVERY_SECONDS
from tests.infra.synthesis import SynthesisedStack, target

FOURTEEN_DAYS = 14 * 24 * 3600
WORK_QUEUES = ["SendQueue", "BulkQueue", "EventsQueue", "EngagementsQueue"]
DEAD_LETTER_QUEUES = [
    "SendDeadLetters", "BulkDeadLetters", "EventsDeadLetters", "EventsUndelivered",
    "EngagementsDeadLetters", "EngagementsUndelivered", "SchedulesUndelivered",
]  # fmt: skip


@pytest.mark.parametrize(
    ("queue", "function"),
    [
        ("SendQueue", "SendEmailFunction"),
        ("BulkQueue", "SendEmailFunction"),
        ("EventsQueue", "TrackEventsFunction"),
        ("EngagementsQueue", "TrackEventsFunction"),
    ],
)
def test_record_is_hidden_for_six_function_timeouts(
    stack: SynthesisedStack, queue: str, function: str
) -> None:
    _, queue_properties = stack.find("AWS::SQS::Queue", queue)
    _, function_properties = stack.find("AWS::Lambda::Function", function)

    (mapping,) = (
        mapping
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
        if target(mapping["EventSourceArn"]).startswith(queue)
    )
    window = mapping["MaximumBatchingWindowInSeconds"]
    hidden = queue_properties["VisibilityTimeout"]

    assert hidden >= 6 * function_properties["Timeout"] + window
    assert window == (0 if queue in {"SendQueue", "BulkQueue"} else 5)


def test_lost_response_wait_covers_event_redelivery(
    stack: SynthesisedStack,
) -> None:
    _, events = stack.find("AWS::SQS::Queue", "EventsQueue")

    window = 5
    assert SECOND_DELIVERY_SECONDS + window == LONG_POLLING_SECONDS + events["VisibilityTimeout"]


@pytest.mark.parametrize(
    ("queue", "dead_letters"),
    [
        ("SendQueue", "SendDeadLetters"),
        ("BulkQueue", "BulkDeadLetters"),
        ("EventsQueue", "EventsDeadLetters"),
        ("EngagementsQueue", "EngagementsDeadLetters"),
    ],
)
def test_failing_record_goes_to_the_dead_letter_queue(
    stack: SynthesisedStack, queue: str, dead_letters: str
) -> None:
    _, properties = stack.find("AWS::SQS::Queue", queue)

    redrive = properties["RedrivePolicy"]

    assert target(redrive["deadLetterTargetArn"]).startswith(dead_letters)
    # Throttled pollers count as receives: fewer attempts would make good mail dead letters.
    assert redrive["maxReceiveCount"] == 10


def test_update_of_a_stack_with_one_queue_keeps_the_queue(stack: SynthesisedStack) -> None:
    """CloudFormation replaces what has another logical id: these were the ids with one queue."""
    kept = {
        "SendQueueB00D5D3C": "AWS::SQS::Queue",
        "SendDeadLetters2FF3DE6C": "AWS::SQS::Queue",
        "SendEmailFunctionSqsEventSourceAmsdalMaildevSendQueueAAA7F30D38A1A1E1": (
            "AWS::Lambda::EventSourceMapping"
        ),
    }

    assert {name: stack.resources[name]["Type"] for name in kept} == kept
    assert stack.outputs["SendQueueUrl"]["Value"] == {"Ref": "SendQueueB00D5D3C"}


def test_every_work_queue_has_a_dead_letter_queue(stack: SynthesisedStack) -> None:
    queues = stack.of_type("AWS::SQS::Queue")

    without = {name for name, properties in queues.items() if "RedrivePolicy" not in properties}

    assert len(queues) == len(WORK_QUEUES) + len(DEAD_LETTER_QUEUES)
    assert all(name.startswith(tuple(DEAD_LETTER_QUEUES)) for name in without)


@pytest.mark.parametrize("queue", [*WORK_QUEUES, *DEAD_LETTER_QUEUES])
def test_queue_and_messages_are_retained(stack: SynthesisedStack, queue: str) -> None:
    name, properties = stack.find("AWS::SQS::Queue", queue)

    assert properties["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert stack.resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert stack.resources[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("queue", [*WORK_QUEUES, *DEAD_LETTER_QUEUES])
def test_queue_is_encrypted_and_denies_plain_http(stack: SynthesisedStack, queue: str) -> None:
    name, properties = stack.find("AWS::SQS::Queue", queue)
    (policy,) = [
        policy["PolicyDocument"]["Statement"]
        for policy in stack.of_type("AWS::SQS::QueuePolicy").values()
        if target(policy["Queues"][0]) == name
    ]

    denied = [s for s in policy if s["Effect"] == "Deny"]

    assert properties["SqsManagedSseEnabled"] is True
    assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("queue", WORK_QUEUES)
def test_failed_record_does_not_fail_its_batch(stack: SynthesisedStack, queue: str) -> None:
    mappings = stack.of_type("AWS::Lambda::EventSourceMapping").values()

    (mapping,) = [m for m in mappings if target(m["EventSourceArn"]).startswith(queue)]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10
