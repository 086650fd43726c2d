"""SendQueue: puts jobs on the queue of their stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.batching import SQS_SIZE_LIMIT, batches
from send_email.queue.envelope import body_size, write_job
from send_email.sending.errors import QueueError
from send_email.sending.job import SendJob
from send_email.sending.ports import JobQueue

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from amsdal_mail.stream import Stream

__all__ = ["SendQueue"]


class SendQueue(JobQueue):
    """The queues of the streams. The jobs of one call are all of one stream."""

    def __init__(self, client: SQSClient, urls: Mapping[Stream, str]) -> None:
        self._client = client
        self._urls = urls

    @override
    def put(self, jobs: Sequence[SendJob], delay_seconds: int = 0) -> None:
        url = self._urls[jobs[0].stream]
        for bodies in batches(map(write_job, jobs), body_size, SQS_SIZE_LIMIT):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds}
                for number, body in enumerate(bodies)
            ]
            try:
                response = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise QueueError(f"SendMessageBatch: {error}") from error
            if failed := response.get("Failed"):
                raise QueueError(f"SendMessageBatch: {failed[0]['Code']}")

    @override
    def stream_of(self, queue_name: str) -> Stream | None:
        names = {url.rpartition("/")[2]: stream for stream, url in self._urls.items()}
        return names.get(queue_name)

    @override
    @staticmethod
    def ensure_fits(jobs: Iterable[SendJob]) -> None:
        for job in jobs:  # one by one: the chunks of one email may have hundreds of MB
            write_job(job)
