"""SESBackend: sends through Amazon SES."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amsdal_mail.backends.aws.backend import AWSBackend, SendPlan
from amsdal_mail.backends.aws.flow import CallResult, EntryResult, without_call
from amsdal_mail.backends.aws.options import (
    AWSOptions,
    check_positive_integer,
    check_positive_number,
    region_from,
)
from amsdal_mail.backends.ses.connection_params import connection_params
from amsdal_mail.backends.ses.no_schedule import refuse_times
from amsdal_mail.backends.ses.requests import build_requests
from amsdal_mail.backends.ses.send import rate_limited, send_flow
from amsdal_mail.backends.ses.tags import TagEncoding, message_tags
from amsdal_mail.backends.ses.tracking import log_ignored_tracking
from amsdal_mail.message.email import EmailMessage, EmailRequest
from amsdal_mail.message.tag_names import METADATA_PREFIX
from amsdal_mail.rate_limit import RateLimiter
from amsdal_mail.status import SendStatus

if TYPE_CHECKING:
    from botocore.model import ServiceModel

__all__ = ["SESBackend"]

NO_TAGS: Mapping[str, str] = {}


class SESBackend(AWSBackend):
    """Sends messages through the SESv2 API.

    The SDK is boto3, and in async code aioboto3 where it is installed, else aiobotocore.
    Without keys, boto3 finds some: environment, profile, or the role of the function or machine.
    `configuration_set` and `metadata_prefix` default to the environment's
    AWS_SES_CONFIGURATION_SET and AWS_SES_METADATA_PREFIX. The region defaults to AWS_REGION, then
    AWS_DEFAULT_REGION, then the profile's region, then us-east-1.

    A call that SES throttles, or that never reached SES, is tried `max_attempts` times in all,
    with growing delays. A call whose response was lost is never retried.

    `max_send_rate` limits the recipients a second of this connection, in all its threads and
    tasks. SES drops what exceeds the account's rate, which `GetAccount` returns:
    https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html.

    `return_path` gets the bounces and complaints. `from_identity_arn` names the identity of another
    account that allows this one to send from it. `tenant` is the tenant for which the email is
    sent, `endpoint_id` the multi-region endpoint, which needs botocore[crt].

    Raises:
        ConfigurationError: options exclude each other; or, from a send, AWS refuses credentials,
            permission, template or configuration set, or the SDK is too old for the message. Then
            its `status` has the result of each message.
    """

    service_name = "sesv2"

    def __init__(
        self,
        *,
        configuration_set: str | None = None,
        metadata_prefix: str | None = None,
        max_attempts: int = 4,
        max_send_rate: float | None = None,
        return_path: str | None = None,
        from_identity_arn: str | None = None,
        tenant: str | None = None,
        endpoint_id: str | None = None,
        region_name: str | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        **aws_options: Any,
    ) -> None:
        region_name = region_name or region_from(environ, aws_options.get("session"))
        if max_send_rate is not None:
            check_positive_number("max_send_rate", max_send_rate)
        self._max_send_rate = max_send_rate
        super().__init__(AWSOptions(region_name=region_name, **aws_options), clock)
        self.configuration_set = configuration_set or environ.get("AWS_SES_CONFIGURATION_SET")
        prefix = metadata_prefix or environ.get("AWS_SES_METADATA_PREFIX")
        self.metadata_prefix = prefix or METADATA_PREFIX
        check_positive_integer("max_attempts", max_attempts)
        self.max_attempts = max_attempts
        self._connection_params = connection_params(
            return_path=return_path,
            from_identity_arn=from_identity_arn,
            tenant=tenant,
            endpoint_id=endpoint_id,
        )
        self._tag_encoding = TagEncoding()

    @override
    def renew(self) -> None:
        super().renew()
        rate = self._max_send_rate
        self._rate_limiter = RateLimiter(rate) if rate else None

    def send_one(
        self, message: EmailMessage, *, extra_tags: Mapping[str, str] = NO_TAGS
    ) -> SendStatus:
        """Send one message, with tags of the sender beside those of the message.

        `extra_tags` do not count toward the 50 tags of a message, and are sent unchanged.
        """
        return self._send([message], partial(self.plan, extra_tags=extra_tags))

    @override
    def plan(
        self,
        messages: list[EmailMessage],
        model: ServiceModel,
        extra_tags: Mapping[str, str] = NO_TAGS,
    ) -> SendPlan:
        if requests := [message for message in messages if isinstance(message, EmailRequest)]:
            refuse_times(requests)
        plan: SendPlan = []
        for index, message in enumerate(messages):
            if message.attachments:
                prepared = self._with_files(message)
                if isinstance(prepared, CallResult):
                    addresses = tuple(a.addr_spec for a in message.recipients)
                    plan.append(without_call(EntryResult(index, addresses, prepared)))
                    continue
                message = prepared
            if message.decides_tracking:
                log_ignored_tracking(message, model)
            has_tags = (
                message.tags or message.metadata or message.merge_metadata or message.sensitive
            )
            tags = message_tags(message, self.metadata_prefix) if has_tags else {}
            for request in build_requests(
                message,
                self.configuration_set,
                model,
                index,
                self._connection_params,
                self.metadata_prefix,
            ):
                flow = send_flow(request, tags, extra_tags, self._tag_encoding, self.max_attempts)
                plan.append(rate_limited(flow, self._rate_limiter) if self._rate_limiter else flow)
        return plan

    def _with_files(self, message: EmailMessage) -> EmailMessage | CallResult:
        """Read the files in S3 that the message attaches."""
        if not any(file.is_stored for file in message.attachments):
            return message
        from amsdal_mail.backends.aws.stored_files import read_stored_files

        return read_stored_files(message, self.s3())
