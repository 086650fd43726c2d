"""The largest message of the sqs backend fits on the queue again with the service's attributes."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest

from amsdal_mail import EmailMessage, EmailRequest, InvalidMessageError
from amsdal_mail.backends.sqs import BODY_SIZE_LIMIT, SQSBackend
from send_email.queue.envelope import write_job
from tests.unit.send_email.jobs import job_of


def request_of(size: int, key: str) -> EmailRequest:
    def made(body: str) -> EmailRequest:
        message = EmailMessage(subject="s", body=body, from_email="a@x.io", to=["b@x.io"])
        return EmailRequest.from_message(message, key)

    return made("x" * (1 + size - len(made("x").to_json())))


@pytest.mark.parametrize("key", ["k", "k" * 128], ids=["short key", "long key"])
def test_largest_message_fits_with_the_attributes_of_a_retry(key: str) -> None:
    backend = SQSBackend(queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/send")
    model = boto3.client("sqs", region_name="eu-west-1").meta.service_model
    request = request_of(BODY_SIZE_LIMIT, key)
    assert len(request.to_json()) == BODY_SIZE_LIMIT

    backend.plan([request], model)

    delivery = job_of(key, request.message)
    write_job(replace(delivery, chunk=9_999, retry_count=999))
    with pytest.raises(InvalidMessageError, match="queue takes"):
        backend.plan([request_of(BODY_SIZE_LIMIT + 1, key)], model)
