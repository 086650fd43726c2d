"""The deployed stack without DynamoDB: an email that cannot be stored is not sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from local.chaos.queues import visibility_timeout
from local.stack.local_aws import LocalAWS
from tests.e2e.service import Service, message

NOBODY_LISTENS = "http://127.0.0.1:9"


@contextmanager
def table_out_of_reach(aws: LocalAWS) -> Iterator[None]:
    """Let the send function look for DynamoDB where no server listens."""
    functions, name = aws.client("lambda"), aws.outputs["SendFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    broken = variables | {"AWS_ENDPOINT_URL_DYNAMODB": NOBODY_LISTENS}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": broken})
    try:
        yield
    finally:
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )


def wait_until_tried(service: Service) -> None:
    """Wait until a record of the send queue is received by the function."""
    queue, deadline = service.aws.client("sqs"), time.monotonic() + 30
    asked = {
        "QueueUrl": service.aws.outputs["SendQueueUrl"],
        "AttributeNames": ["ApproximateNumberOfMessagesNotVisible"],
    }
    while time.monotonic() < deadline:
        attributes = queue.get_queue_attributes(**asked)["Attributes"]
        if int(attributes["ApproximateNumberOfMessagesNotVisible"]):
            return
        time.sleep(0.1)
    raise AssertionError("no worker took the record from the queue")


def test_no_email_is_sent_without_the_table_and_each_once_after(service: Service) -> None:
    key = f"order-{uuid4().hex}"
    with visibility_timeout(service.aws, 5):
        with table_out_of_reach(service.aws):
            refused = service.post("/emails", message(), {"Idempotency-Key": key})
            record = service.put_on_queue(message())
            wait_until_tried(service)

            assert refused.status == 503
            assert service.sent_by_ses(key) == service.sent_by_ses(record) == []

        second = service.post("/emails", message(), {"Idempotency-Key": key})
        service.wait_for_state(record, "delivered")

    assert second.status == 200
    assert [len(service.sent_by_ses(email_id)) for email_id in (key, record)] == [1, 1]
    assert service.depth("SendDeadLetterQueueUrl") == 0
