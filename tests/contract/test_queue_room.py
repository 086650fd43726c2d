"""What the sqs backend puts on the queue, the service can put back."""

from dataclasses import replace

import pytest

from amsdal_mail import EmailMessage, EmailRequest, InvalidMessageError
from amsdal_mail.backends.sqs import BODY_SIZE_LIMIT, SQSBackend
from send_email.queue.send_queue import ensure_fits
from send_email.sending.job import SendJob


def request_of(size: int, key: str) -> EmailRequest:
    def made(body: str) -> EmailRequest:
        message = EmailMessage(subject="s", body=body, from_email="a@x.io", to=["b@x.io"])
        return EmailRequest.from_message(message, key)

    return made("x" * (1 + size - len(made("x").to_json())))


@pytest.mark.parametrize("key", ["k", "k" * 128], ids=["short key", "long key"])
def test_the_largest_message_that_the_backend_takes_fits_with_its_attributes(key: str) -> None:
    backend = SQSBackend(queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/send")
    request = request_of(BODY_SIZE_LIMIT, key)
    assert len(request.to_json()) == BODY_SIZE_LIMIT

    backend.plan([request])

    delivery = SendJob.of(key, request.message)
    ensure_fits([replace(delivery, chunk=9_999, retry_count=999)])
    with pytest.raises(InvalidMessageError, match="queue takes"):
        backend.plan([request_of(BODY_SIZE_LIMIT + 1, key)])
