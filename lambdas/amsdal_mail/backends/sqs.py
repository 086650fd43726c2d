"""SQSBackend: puts messages on the queue of the deployed service, which sends them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from typing_extensions import override

from amsdal_mail.backends.aws.backend import AWSBackend, SendPlan
from amsdal_mail.backends.aws.errors import classify_error, hide_passwords
from amsdal_mail.backends.aws.flow import (
    Call,
    CallResult,
    EntryResult,
    Flow,
    Response,
    without_call,
)
from amsdal_mail.backends.aws.options import AWSOptions, region_from
from amsdal_mail.batching import SQS_SIZE_LIMIT, batches
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage, EmailRequest
from amsdal_mail.message.moments import TOO_FAR, is_too_far
from amsdal_mail.message.stored_request import files_exceed
from amsdal_mail.status import ConfigurationError, RetryHint, SendState
from amsdal_mail.stream import Stream

if TYPE_CHECKING:
    from botocore.model import ServiceModel

__all__ = ["BODY_SIZE_LIMIT", "SQSBackend"]

BODY_SIZE_LIMIT = SQS_SIZE_LIMIT - 512
"""Bytes. The rest is for the attributes with which the service puts a message back on its queue.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"""

QUEUE_REGION = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")

QUEUED = CallResult(SendState.QUEUED)
REJECTED = CallResult(SendState.REJECTED)
RETRY_SOON = CallResult(SendState.FAILED, RetryHint.SOON)
NO_RESULT = CallResult(SendState.UNKNOWN)

Entry = dict[str, str]


class SQSBackend(AWSBackend):
    """Puts messages on the queue of their stream, ten a call. Their state is then `queued`.

    `message_id` in the status is the id of the email in the service: the `idempotency_key` of an
    EmailRequest, else a new id. A call that the SDK retries carries the same ids, so no email is
    sent twice. `queue_url` defaults to the environment's AMSDAL_EMAIL_QUEUE_URL, `bulk_queue_url`
    to AMSDAL_EMAIL_BULK_QUEUE_URL and then to `queue_url`: the service moves bulk mail from there
    to its queue. The region defaults to the one in the URL.

    What is larger than BODY_SIZE_LIMIT as JSON goes into the bucket of the service first:
    `content_bucket`, else the environment's AMSDAL_EMAIL_CONTENT_BUCKET.

    Raises:
        ConfigurationError: `queue_url` is missing; or AWS refuses credentials, queue or permission.
        InvalidMessageError: a message is larger than BODY_SIZE_LIMIT as JSON, and there is no
            bucket; nothing was queued.
    """

    service_name = "sqs"
    sdk_attempts = 4

    def __init__(
        self,
        *,
        queue_url: str | None = None,
        content_bucket: str | None = None,
        bulk_queue_url: str | None = None,
        region_name: str | None = None,
        environ: Mapping[str, str] = os.environ,
        **aws_options: Any,
    ) -> None:
        self.queue_url = queue_url or environ.get("AMSDAL_EMAIL_QUEUE_URL") or ""
        self.content_bucket = content_bucket or environ.get("AMSDAL_EMAIL_CONTENT_BUCKET") or ""
        if queue_url is None:  # the two variables of an environment are of one stage
            bulk_queue_url = bulk_queue_url or environ.get("AMSDAL_EMAIL_BULK_QUEUE_URL")
        self.bulk_queue_url = bulk_queue_url or self.queue_url
        region_in_url = QUEUE_REGION.match(self.queue_url)
        region_name = region_name or (region_in_url and region_in_url[1])
        region_name = region_name or region_from(environ, aws_options.get("session"))
        super().__init__(AWSOptions(region_name=region_name, **aws_options))
        if not self.queue_url:
            raise ConfigurationError("queue_url is missing: give it, or set AMSDAL_EMAIL_QUEUE_URL")
        urls = {"queue_url": self.queue_url, "bulk_queue_url": self.bulk_queue_url}
        for option, url in urls.items():
            if not url.startswith(("https://", "http://")):
                raise ConfigurationError(f"{option} must be a URL, got {hide_passwords(url)!r}")

    @override
    def plan(self, messages: list[EmailMessage], model: ServiceModel) -> SendPlan:
        requests = [_with_id(message) for message in messages]
        bodies = [self._body(index, request) for index, request in enumerate(requests)]
        plan: SendPlan = []
        for is_failed, group in groupby(enumerate(bodies), lambda item: not _is_body(item[1])):
            if is_failed:
                plan += [
                    without_call(_entry_result(index, requests[index], result))
                    for index, result in group
                    if isinstance(result, CallResult)
                ]
                continue
            entries: dict[str, list[Entry]] = {}
            for index, body in group:
                entry = {"Id": str(index), "MessageBody": str(body)}
                entries.setdefault(self._url(requests[index]), []).append(entry)
            plan += [
                self._send_flow(url, batch, requests)
                for url, of_queue in entries.items()
                for batch in batches(of_queue, _size, SQS_SIZE_LIMIT)
            ]
        return plan

    def _body(self, index: int, request: EmailRequest) -> str | CallResult:
        """Return the body of a message, or the result of a request that could not be stored."""
        if self.content_bucket and files_exceed(request, BODY_SIZE_LIMIT):
            return self._store(request)
        body = request.to_json()
        size = len(body.encode())
        if size <= BODY_SIZE_LIMIT:
            return body
        if self.content_bucket:
            return self._store(request)
        rule = f"has {size} bytes as JSON, the queue takes {BODY_SIZE_LIMIT} without content_bucket"
        raise InvalidMessageError.for_field(f"messages[{index}]", rule)

    def _store(self, request: EmailRequest) -> str | CallResult:
        from amsdal_mail.backends.aws.large_requests import store_request

        return store_request(request, BODY_SIZE_LIMIT, self.content_bucket, self.s3())

    def _url(self, request: EmailRequest) -> str:
        is_bulk = request.effective_stream is Stream.BULK
        return self.bulk_queue_url if is_bulk else self.queue_url

    def _send_flow(
        self, url: str, batch: list[Entry], requests: Sequence[EmailRequest]
    ) -> Flow[list[EntryResult]]:
        response = yield Call("send_message_batch", {"QueueUrl": url, "Entries": batch})
        ids = [entry["Id"] for entry in batch]
        results = _read_response(response, ids)
        return [_entry_result(int(id_), requests[int(id_)], results[id_]) for id_ in ids]


def _with_id(message: EmailMessage) -> EmailRequest:
    send_at = message.send_at if isinstance(message, EmailRequest) else None
    if send_at is not None and is_too_far(send_at, datetime.now(UTC)):
        raise InvalidMessageError.for_field("send_at", TOO_FAR)
    if isinstance(message, EmailRequest) and message.idempotency_key:
        return message
    return EmailRequest.from_message(message, uuid4().hex)


def _is_body(value: str | CallResult) -> bool:
    return isinstance(value, str)


def _size(entry: Entry) -> int:
    return len(entry["MessageBody"].encode())


def _read_response(response: Response, ids: list[str]) -> dict[str, CallResult]:
    """Return the result of each entry by its id."""
    if isinstance(response, CallResult):
        return dict.fromkeys(ids, response)
    if isinstance(response, Exception):
        return dict.fromkeys(ids, classify_error(response))
    response = response or {}
    queued = dict.fromkeys((entry["Id"] for entry in response.get("Successful", [])), QUEUED)
    failed = {entry["Id"]: _read_failure(entry) for entry in response.get("Failed", [])}
    return dict.fromkeys(ids, NO_RESULT) | queued | failed


def _read_failure(failure: Mapping[str, Any]) -> CallResult:
    """Return the result of an entry of `Failed`. SenderFault: the message is at fault, not SQS.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_BatchResultErrorEntry.html
    """
    result = REJECTED if failure.get("SenderFault") else RETRY_SOON
    return replace(result, error_code=failure.get("Code"), error_message=failure.get("Message"))


def _entry_result(index: int, request: EmailRequest, result: CallResult) -> EntryResult:
    """Return the result, with the email's id if the message is or may be on the queue."""
    if result.state in {SendState.QUEUED, SendState.UNKNOWN}:
        result = replace(result, message_id=request.idempotency_key)
    addresses = tuple(recipient.addr_spec for recipient in request.recipients)
    return EntryResult(index, addresses, result)
