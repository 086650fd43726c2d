"""SQSBackend: drops messages on the queue of the deployed service, which sends them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from amsdal_mail.backends.aws.backend import AWSBackend, SendPlan
from amsdal_mail.backends.aws.errors import CallResult, classify_error, raise_for_configuration
from amsdal_mail.backends.aws.flow import Call, Flow, Response
from amsdal_mail.backends.aws.options import AWSOptions, region_from
from amsdal_mail.batching import SQS_SIZE_LIMIT, batches
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import EmailMessage, EmailRequest
from amsdal_mail.status import ConfigurationError, RetryHint, SendState, SendStatus

__all__ = ["BODY_SIZE_LIMIT", "SQSBackend"]

BODY_SIZE_LIMIT = SQS_SIZE_LIMIT - 512
"""Leaves room for the attributes with which the service puts a message back on its queue."""

QUEUE_REGION = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/")

QUEUED = CallResult(SendState.QUEUED)
REFUSED = CallResult(SendState.REJECTED)
NOT_TAKEN = CallResult(SendState.FAILED, RetryHint.SOON)
NOT_ANSWERED = CallResult(SendState.UNKNOWN)

Entry = dict[str, str]


class SQSBackend(AWSBackend):
    """Puts messages on the send queue, ten a call. Their state is then `queued`.

    The id given back as `message_id` is the id of the email in the service: an EmailRequest's own
    `idempotency_key`, else a new one. A call repeated by the SDK carries the same ids, so nothing
    is sent twice. `queue_url` defaults to the environment's AMSDAL_EMAIL_QUEUE_URL, the region to
    the one that the URL names.

    Raises:
        ConfigurationError: no `queue_url`, or AWS refuses credentials, queue or permission.
        InvalidMessageError: a message is larger than BODY_SIZE_LIMIT as JSON; nothing was queued.
    """

    service_name = "sqs"
    sdk_attempts = 4

    def __init__(
        self,
        *,
        queue_url: str | None = None,
        region_name: str | None = None,
        environ: Mapping[str, str] = os.environ,
        **aws_options: Any,
    ) -> None:
        self.queue_url = queue_url or environ.get("AMSDAL_EMAIL_QUEUE_URL") or ""
        named = QUEUE_REGION.match(self.queue_url)
        region_name = region_name or (named and named[1])
        region_name = region_name or region_from(environ, aws_options.get("session"))
        super().__init__(AWSOptions(region_name=region_name, **aws_options))
        if not self.queue_url:
            raise ConfigurationError("queue_url is missing: give it, or set AMSDAL_EMAIL_QUEUE_URL")
        if not self.queue_url.startswith(("https://", "http://")):
            raise ConfigurationError(f"queue_url must be a URL, is {self.queue_url!r}")

    def plan(self, messages: list[EmailMessage]) -> SendPlan:
        """SendPlan one call for each batch of messages."""
        requests = [_with_id(message) for message in messages]
        bodies = [_body(index, request) for index, request in enumerate(requests)]
        flows = [self._flow(one) for one in batches(bodies, _size, SQS_SIZE_LIMIT)]
        return SendPlan(flows, lambda results: _sum_up(requests, results))

    def _flow(self, batch: list[Entry]) -> Flow[dict[str, CallResult]]:
        answer = yield Call("send_message_batch", {"QueueUrl": self.queue_url, "Entries": batch})
        return _read_answer(answer, [entry["Id"] for entry in batch])


def _read_answer(answer: Response, ids: list[str]) -> dict[str, CallResult]:
    if isinstance(answer, Exception):
        return dict.fromkeys(ids, classify_error(answer))
    answer = answer or {}
    queued = dict.fromkeys((one["Id"] for one in answer.get("Successful", [])), QUEUED)
    failed = {one["Id"]: _read_failure(one) for one in answer.get("Failed", [])}
    return dict.fromkeys(ids, NOT_ANSWERED) | queued | failed


def _read_failure(failure: Mapping[str, Any]) -> CallResult:
    found = REFUSED if failure.get("SenderFault") else NOT_TAKEN
    return replace(found, code=failure.get("Code"), text=failure.get("Message"))


def _with_id(message: EmailMessage) -> EmailRequest:
    if isinstance(message, EmailRequest) and message.idempotency_key:
        return message
    return EmailRequest.from_message(message, uuid4().hex)


def _body(index: int, request: EmailRequest) -> Entry:
    entry = {"Id": str(index), "MessageBody": request.to_json()}
    if _size(entry) > BODY_SIZE_LIMIT:
        rule = f"has {_size(entry)} bytes as JSON, the queue takes {BODY_SIZE_LIMIT}"
        raise InvalidMessageError.of(f"messages[{index}]", rule)
    return entry


def _size(entry: Entry) -> int:
    return len(entry["MessageBody"].encode())


def _sum_up(requests: list[EmailRequest], results: list[dict[str, CallResult]]) -> SendStatus:
    outcomes = {key: outcome for result in results for key, outcome in result.items()}
    of_each = [
        _with_message_id(outcomes[str(index)], request) for index, request in enumerate(requests)
    ]
    status = SendStatus.combine(
        SendStatus.of(outcome.for_recipient(one.addr_spec) for one in request.recipients)
        for request, outcome in zip(requests, of_each, strict=True)
    )
    return raise_for_configuration(of_each, status)


def _with_message_id(outcome: CallResult, request: EmailRequest) -> CallResult:
    """Give the id of the email wherever it may be on the queue."""
    if outcome.state in {SendState.QUEUED, SendState.UNKNOWN}:
        return replace(outcome, message_id=request.idempotency_key)
    return outcome
