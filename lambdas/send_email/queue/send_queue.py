"""SendQueue: puts jobs on the queue of their stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from amsdal_mail.batching import SQS_SIZE_LIMIT, batches
from send_email.queue.claim_check import ClaimCheck, discard
from send_email.queue.envelope import body_size, write_job
from send_email.sending.content_store import ContentMissingError, ContentStoreError
from send_email.sending.errors import MessageTooLargeError, QueueError
from send_email.sending.job import SendJob
from send_email.sending.ports import JobQueue

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from amsdal_mail.stream import Stream
    from send_email.sending.content_store import ContentStore

__all__ = ["SendQueue"]


class SendQueue(JobQueue):
    """The queues of the streams. The jobs of one call are all of one stream.

    What their messages cannot take is in the bucket.
    """

    def __init__(
        self, client: SQSClient, urls: Mapping[Stream, str], contents: ContentStore
    ) -> None:
        self._client = client
        self._urls = urls
        self._contents = contents

    @override
    def put(self, jobs: Sequence[SendJob], delay_seconds: int = 0) -> None:
        stream = jobs[0].stream
        for bodies in batches(self._bodies(jobs), body_size, SQS_SIZE_LIMIT):
            self._send(stream, bodies, delay_seconds)
        if keys := [job.outdated.key for job in jobs if job.outdated]:
            with suppress(ContentStoreError):
                self._contents.delete(keys)

    @override
    def put_again(self, stream: Stream, body: str, delay_seconds: int) -> None:
        self._send(stream, [body], delay_seconds)

    @override
    def discard(self, job: SendJob) -> None:
        discard(self._contents, job)

    @override
    def stream_of(self, queue_name: str) -> Stream | None:
        names = {url.rpartition("/")[2]: stream for stream, url in self._urls.items()}
        return names.get(queue_name)

    def _send(self, stream: Stream, bodies: Sequence[str], delay_seconds: int) -> None:
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds}
            for number, body in enumerate(bodies)
        ]
        url = self._urls[stream]
        try:
            response = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise QueueError(f"SendMessageBatch: {error}") from error
        if failed := response.get("Failed"):
            raise QueueError(f"SendMessageBatch: {failed[0]['Code']}")

    def _bodies(self, jobs: Iterable[SendJob]) -> Iterator[str]:
        claim_check = ClaimCheck(self._contents)
        for job in jobs:  # one by one: the chunks of one email may have hundreds of MB
            try:
                with_files = claim_check.store_files(job)
                try:
                    yield write_job(with_files)
                except MessageTooLargeError:
                    yield write_job(claim_check.store_request(with_files))
            except (ContentStoreError, ContentMissingError) as error:
                raise QueueError(f"the content cannot be stored: {error}") from error
