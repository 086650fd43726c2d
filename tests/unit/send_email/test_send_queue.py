from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import EndpointConnectionError

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.stream import Stream
from send_email.contents.s3_content_store import S3ContentStore
from send_email.queue.envelope import read_job
from send_email.queue.send_queue import SendQueue
from send_email.sending.errors import QueueError
from send_email.sending.job import SendJob
from tests.unit.send_email.jobs import job_of

NO_CONTENTS = Mock()
"""The bucket, of which a small email has no need."""


@dataclass
class FakeSQS:
    batches: list[list[dict[str, Any]]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    raises: Exception | None = None

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803
        assert QueueUrl == "https://queue"
        if self.raises:
            raise self.raises
        self.batches.append(Entries)
        return {"Successful": [], "Failed": self.failed}


@pytest.fixture
def sqs() -> FakeSQS:
    return FakeSQS()


@pytest.fixture
def queue(sqs: FakeSQS, contents: S3ContentStore) -> SendQueue:
    urls = dict.fromkeys(Stream, "https://queue")
    return SendQueue(sqs, urls, contents)  # type: ignore[arg-type]


def job(size: int = 5) -> SendJob:
    message = EmailMessage(body="x" * size, from_email="a@example.com", to=["b@example.com"])
    return job_of("order-1", message)


def record_of(entry: dict[str, Any]) -> SendJob:
    assert "MessageAttributes" not in entry
    return read_job("record-1", entry["MessageBody"], NO_CONTENTS)


@pytest.mark.parametrize("chunks", [False, True], ids=["whole", "chunks"])
def test_job_is_read_as_it_was_queued(queue: SendQueue, sqs: FakeSQS, chunks: bool) -> None:
    people = [f"p{number}@example.com" for number in range(51)]
    merge_data = {address: {"name": address} for address in people}
    message = EmailMessage(
        body="{{name}}", from_email="a@example.com", to=people, merge_data=merge_data
    )
    whole = job_of("order-1", message)
    put = (
        [job.retry_with(job.message, 1).postponed() for job in whole.chunks()]
        if chunks
        else [whole]
    )

    queue.put(put)

    assert [record_of(entry) for entry in sqs.batches[0]] == put


def test_new_request_gets_the_id_of_its_record(queue: SendQueue) -> None:
    body = job().message.to_json()

    assert read_job("record-1", body, NO_CONTENTS).email_id == "record-1"


def test_invalid_record_names_its_fields() -> None:
    with pytest.raises(InvalidMessageError, match="from_email"):
        read_job("record-1", "{}", NO_CONTENTS)


def test_ten_jobs_go_in_one_call(queue: SendQueue, sqs: FakeSQS) -> None:
    queue.put([job()] * 21, 30)

    assert [len(batch) for batch in sqs.batches] == [10, 10, 1]
    assert {entry["DelaySeconds"] for batch in sqs.batches for entry in batch} == {30}
    assert [entry["Id"] for entry in sqs.batches[0]] == [str(number) for number in range(10)]


def test_call_carries_at_most_one_mebibyte(queue: SendQueue, sqs: FakeSQS) -> None:
    queue.put([job(400_000)] * 5)

    assert [len(batch) for batch in sqs.batches] == [2, 2, 1]


def test_entry_that_sqs_did_not_accept_is_an_error(queue: SendQueue, sqs: FakeSQS) -> None:
    sqs.failed = [{"Id": "0", "Code": "InternalError", "SenderFault": False}]

    with pytest.raises(QueueError, match="InternalError"):
        queue.put([job()])


def test_unreachable_queue_is_an_error_with_its_cause(queue: SendQueue, sqs: FakeSQS) -> None:
    sqs.raises = EndpointConnectionError(endpoint_url="https://queue")

    with pytest.raises(QueueError) as caught:
        queue.put([job()])

    assert caught.value.__cause__ is sqs.raises
