"""The Lambda function that sends emails, for the HTTP API and for the queue of each stream."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.schedules import Schedules
from infra.service_function import ServiceFunction
from infra.settings import Settings
from infra.work_queue import WorkQueue

__all__ = ["SendEmailFunction"]

METADATA_PREFIX = "metadata_"
"""SES accepts no colon in the name of a message tag, so `metadata:` is not possible.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
"""


class SendEmailFunction(ServiceFunction):
    """The send function, with the queue of each stream as an event source.

    Each event source has a concurrency of its own, so that bulk mail leaves the environments of
    transactional mail alone. A job that SES throttles goes back to its queue, for up to three days.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        settings: Settings,
        table: dynamodb.ITableV2,
        send_queue: WorkQueue,
        bulk_queue: WorkQueue,
        contents: s3.IBucket,
        configuration_set: str,
        expiring_set: str,
        schedules: Schedules,
        event_bus: events.IEventBus,
        suppression_key: str,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            name="send_email",
            code=code,
            settings=settings,
            timeout=Duration.seconds(settings.send_timeout_seconds),
            memory_mb=512,
            allow_recursive_loop=True,
            environment={
                "TABLE_NAME": table.table_name,
                "QUEUE_URL": send_queue.queue.queue_url,
                "BULK_QUEUE_URL": bulk_queue.queue.queue_url,
                "CONTENT_BUCKET": contents.bucket_name,
                "ATTACHMENT_BUCKETS": ",".join(settings.attachment_buckets),
                "AWS_SES_CONFIGURATION_SET": configuration_set,
                "EXPIRING_CONFIGURATION_SET": expiring_set,
                "SES_IDENTITIES": ",".join(settings.identities),
                "AWS_SES_METADATA_PREFIX": METADATA_PREFIX,
                "MAX_SEND_RATE": str(settings.max_send_rate),
                "BULK_SHARE": str(settings.bulk_share),
                "MAX_CONCURRENCY": str(settings.concurrency),
                "TIMEOUT_SECONDS": str(settings.send_timeout_seconds),
                "LOST_RESPONSE_SECONDS": str(settings.lost_response_seconds),
                "LONGEST_QUEUE_DELAY_SECONDS": str(settings.longest_queue_delay_seconds),
                "SCHEDULE_GROUP": schedules.group_name,
                "SCHEDULE_ROLE_ARN": schedules.role.role_arn,
                "SCHEDULE_QUEUE_ARN": send_queue.queue.queue_arn,
                "SCHEDULE_BULK_QUEUE_ARN": bulk_queue.queue.queue_arn,
                "SCHEDULE_DEAD_LETTER_ARN": schedules.undelivered.queue_arn,
                "EVENT_BUS_NAME": event_bus.event_bus_name,
                "SUPPRESSION_KEY": suppression_key,
                **_optional(settings),
            },
        )
        for queue in (send_queue, bulk_queue):
            self.consume(queue, max_concurrency=settings.concurrency)
            queue.queue.grant_send_messages(self.role)


def _optional(settings: Settings) -> dict[str, str]:
    """Return the variables that only some stages have."""
    days, prefix = settings.content_retention_days, settings.jwt_scope_prefix
    variables = {"CONTENT_RETENTION_DAYS": str(days or ""), "JWT_SCOPE_PREFIX": prefix}
    return {name: value for name, value in variables.items() if value}
