"""The stack has the queues and the outputs that the command line reads."""

from __future__ import annotations

from amsdal_mail.cli.dead_letters import list_dead_letters
from amsdal_mail.cli.dead_letters.queues import QUEUES
from tests.infra.synthesis import SynthesisedStack
from tests.unit.amsdal_mail.cli.dead_letters.queues_in_memory import Queues, fake_stage
from tests.unit.amsdal_mail.cli.doctor.world import OUTPUTS, VARIABLES

TARGETS = {
    "S": "SendQueueUrl", "B": "BulkQueueUrl", "Ev": "EventQueueUrl", "En": "EngagementQueueUrl",
}  # fmt: skip


def test_each_queue_that_a_stack_leaves_is_found(stack: SynthesisedStack) -> None:
    outputs = {name: f"https://sqs/1/{name}" for name in TARGETS.values()}
    left = [
        f"AmsdalMail-prod-{logical_id}-1AbcD2" for logical_id in stack.of_type("AWS::SQS::Queue")
    ]

    queues = list_dead_letters(fake_stage({"sqs": Queues([], names=left)}, outputs))

    assert [queue.name for queue in queues] == left
    for queue in queues:
        kind = queue.name.removeprefix("AmsdalMail-prod-")
        (output,) = (value for prefix, value in TARGETS.items() if kind.startswith(prefix))
        assert queue.target_url == outputs[output]
        assert queue.has_requests is (output in {"SendQueueUrl", "BulkQueueUrl"})


def test_each_dead_letter_queue_has_its_outputs(stack: SynthesisedStack) -> None:
    names = {name for kind in QUEUES for name in (kind.output, kind.target, kind.function) if name}

    assert names <= stack.outputs.keys()
    dead = {name for name in stack.outputs if "DeadLetter" in name or "Undelivered" in name}
    assert dead == {kind.output for kind in QUEUES}


def test_stack_has_what_the_doctor_reads(stack: SynthesisedStack) -> None:
    assert OUTPUTS.keys() <= stack.outputs.keys()
    functions = stack.of_type("AWS::Lambda::Function").values()
    variables = [each["Environment"]["Variables"] for each in functions]
    assert any(VARIABLES.keys() <= each.keys() for each in variables)


def test_alarms_begin_with_the_name_that_the_doctor_asks_for(stack: SynthesisedStack) -> None:
    assert all(name.startswith("Alarms") for name in stack.of_type("AWS::CloudWatch::Alarm"))
