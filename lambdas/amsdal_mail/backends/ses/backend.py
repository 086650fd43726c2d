"""SESBackend: sends through Amazon SES, by boto3 and, in async code, by aioboto3."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from amsdal_mail.backends.aws.backend import AWSBackend, SendPlan
from amsdal_mail.backends.aws.errors import raise_for_configuration
from amsdal_mail.backends.aws.flow import Flow
from amsdal_mail.backends.aws.options import (
    AWSOptions,
    check_positive_integer,
    check_positive_number,
    region_from,
)
from amsdal_mail.backends.ses.requests import build_requests
from amsdal_mail.backends.ses.send import EntryResult, TagEncoding, rate_limited, send_flow
from amsdal_mail.backends.ses.tags import message_tags
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.message.rules import METADATA_PREFIX
from amsdal_mail.rate_limit import RateLimiter
from amsdal_mail.status import SendStatus

__all__ = ["SESBackend"]

NO_TAGS: Mapping[str, str] = {}


class SESBackend(AWSBackend):
    """Sends messages through the SESv2 API.

    Keys given here go to boto3; left out, boto3 finds its own (environment, profile, the role in
    Lambda and on EC2). `configuration_set` and `metadata_prefix` default to the environment's
    AWS_SES_CONFIGURATION_SET and AWS_SES_METADATA_PREFIX, the region to AWS_REGION, then
    AWS_DEFAULT_REGION, then the profile's, then us-east-1.

    A call that SES refuses for its rate, or that never reached it, is tried `max_attempts` times
    in all, with growing pauses. A call whose answer was lost is never tried again.

    `max_send_rate` is the number of recipients a second that this connection sends to at most, in
    all its threads and tasks: `GetAccount` tells the account's own, and SES drops what exceeds it.

    Raises:
        ConfigurationError: options that do not go together; or, from a send, a set-up that AWS
            refuses (credentials, permission, missing template or configuration set): its `status`
            tells what became of every message.
    """

    service_name = "sesv2"

    def __init__(
        self,
        *,
        configuration_set: str | None = None,
        metadata_prefix: str | None = None,
        max_attempts: int = 4,
        max_send_rate: float | None = None,
        region_name: str | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        **aws_options: Any,
    ) -> None:
        region_name = region_name or region_from(environ, aws_options.get("session"))
        super().__init__(AWSOptions(region_name=region_name, **aws_options), clock)
        self.configuration_set = configuration_set or environ.get("AWS_SES_CONFIGURATION_SET")
        prefix = metadata_prefix or environ.get("AWS_SES_METADATA_PREFIX")
        self.metadata_prefix = prefix or METADATA_PREFIX
        check_positive_integer("max_attempts", max_attempts)
        self.max_attempts = max_attempts
        if max_send_rate is not None:
            check_positive_number("max_send_rate", max_send_rate)
        self._pace = RateLimiter(max_send_rate) if max_send_rate else None
        self._spelling = TagEncoding()

    def send_one(
        self, message: EmailMessage, *, extra_tags: Mapping[str, str] = NO_TAGS
    ) -> SendStatus:
        """Send one message, with tags of the sender's own beside the user's.

        `extra_tags` do not count toward the 50 and are written as they are given.
        """
        return self._execute(self._plan([message], extra_tags))

    def plan(self, messages: list[EmailMessage]) -> SendPlan:
        """SendPlan one flow for each call that the messages need."""
        return self._plan(messages, NO_TAGS)

    def _plan(self, messages: list[EmailMessage], extra_tags: Mapping[str, str]) -> SendPlan:
        requests = [build_requests(message, self.configuration_set) for message in messages]
        every_tags = [message_tags(one, self.metadata_prefix) for one in messages]
        flows: list[Flow[list[EntryResult]]] = [
            send_flow(request, tags, extra_tags, self._spelling, self.max_attempts)
            for of_message, tags in zip(requests, every_tags, strict=True)
            for request in of_message
        ]
        if self._pace:
            flows = [rate_limited(one, self._pace) for one in flows]
        calls_of_each = [len(of_message) for of_message in requests]
        return SendPlan(flows, lambda results: collect_status(calls_of_each, results))


def collect_status(
    calls_of_each: Sequence[int], results: Iterable[list[EntryResult]]
) -> SendStatus:
    """Give every recipient the outcome of its call; `calls_of_each` message tells whose is whose.

    Raises:
        ConfigurationError: AWS refused the set-up, not the message.
    """
    rest = iter(results)
    answers = [[one for call in islice(rest, count) for one in call] for count in calls_of_each]
    status = SendStatus.combine(
        SendStatus.of(
            outcome.for_recipient(one) for addresses, outcome in calls for one in addresses
        )
        for calls in answers
    )
    return raise_for_configuration((outcome for calls in answers for _, outcome in calls), status)
