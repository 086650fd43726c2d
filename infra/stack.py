"""The stack: composes the constructs, grants permissions, names the outputs."""

from __future__ import annotations

from aws_cdk import Annotations, CfnOutput, Duration, Stack, Tags
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import OLDEST_BULK_SECONDS, Alarms
from infra.configuration_set import create_configuration_set, create_expiring_set
from infra.content_bucket import ContentBucket, grant_read_attachments
from infra.dashboard import Dashboard
from infra.dns_records import publish_dns_records
from infra.email_table import EmailTable
from infra.event_queue import OTHER_EVENT_TYPES, EventQueue, engagement_types
from infra.http_api import EmailAPI
from infra.schedules import Schedules
from infra.send_email_function import SendEmailFunction
from infra.sending_identity import SendingIdentity, grant_suppression_list
from infra.setting_rules import DEFAULT_SENDER
from infra.settings import Settings
from infra.suppression_key import SuppressionKey
from infra.track_events_function import TrackEventsFunction
from infra.work_queue import WorkQueue

__all__ = ["AmsdalMailStack"]


class AmsdalMailStack(Stack):
    """Transactional email: sending, events, HTTP API, table and monitoring."""

    def __init__(self, scope: Construct, *, settings: Settings, code: lambda_.Code) -> None:
        description = "amsdal_mail: sends email through SES and tracks its delivery"
        super().__init__(scope, settings.stack_name, description=description)
        retain = not settings.local
        Tags.of(self).add("application", "amsdal-mail")
        Tags.of(self).add("stage", settings.stage)

        protect = retain and settings.deletion_protection
        emails = EmailTable(self, "Emails", retain=retain, protect=protect)
        suppression_key = SuppressionKey(self, "SuppressionKey", retain=retain)
        event_bus = events.EventBus(self, "EventBus", event_bus_name=settings.stack_name)
        send_timeout = Duration.seconds(settings.send_timeout_seconds)
        # The queue of transactional mail keeps the id of the time when it was the only queue.
        send_queue = WorkQueue(self, "Send", function_timeout=send_timeout, retain=retain)
        bulk_queue = WorkQueue(self, "Bulk", function_timeout=send_timeout, retain=retain)
        schedules = Schedules(
            self,
            "Schedules",
            group_name=settings.stack_name,
            queues=(send_queue.queue, bulk_queue.queue),
            retain=retain,
        )
        contents = ContentBucket(
            self, "Contents", retain=retain, kept_days=settings.content_retention_days
        )
        configuration_set = create_configuration_set(self, settings)
        expiring_set = create_expiring_set(self, settings)
        configuration_sets = [s for s in (configuration_set, expiring_set) if s]
        event_queue = EventQueue(
            self,
            "Events",
            configuration_sets=configuration_sets,
            event_types=OTHER_EVENT_TYPES,
            settings=settings,
        )
        engagement_queue = EventQueue(
            self,
            "Engagements",
            configuration_sets=configuration_sets,
            event_types=engagement_types(settings),
            settings=settings,
        )
        send_email = SendEmailFunction(
            self,
            "SendEmail",
            code=code,
            settings=settings,
            table=emails.table,
            send_queue=send_queue,
            bulk_queue=bulk_queue,
            contents=contents.bucket,
            configuration_set=configuration_set.configuration_set_name,
            expiring_set=expiring_set.configuration_set_name if expiring_set else "",
            schedules=schedules,
            event_bus=event_bus,
            suppression_key=suppression_key.value,
        )
        track_events = TrackEventsFunction(
            self,
            "TrackEvents",
            code=code,
            settings=settings,
            table=emails.table,
            queues=(event_queue, engagement_queue),
            event_bus=event_bus,
            suppression_key=suppression_key.value,
        )
        http_api = EmailAPI(self, "HttpApi", function=send_email.function, settings=settings)
        identity = SendingIdentity(self, "Identity", settings=settings)
        publish_dns_records(identity, settings, identity.created)

        emails.grant(
            send_email.role, "BatchGetItem", "Query", "PutItem", "UpdateItem", "BatchWriteItem"
        )
        emails.grant_search(send_email.role)
        emails.grant_delete(send_email.role, "SUPPRESSION#*", "EMAIL#*")
        emails.grant(track_events.role, "BatchGetItem", "PutItem", "UpdateItem")
        schedules.grant(send_email.role)
        for role in (send_email.role, track_events.role):
            event_bus.grant_put_events_to(role)
        contents.grant_send(send_email.role)
        grant_read_attachments(send_email.role, settings.attachment_buckets)
        set_names = [s.configuration_set_name for s in configuration_sets]
        identity.grant_send(send_email.role, set_names)
        grant_suppression_list(send_email.role)

        alarms = Alarms(self, "Alarms", alert_email=settings.alert_email)
        alarms.add_queue_alarms("Send", send_queue)
        alarms.add_queue_alarms("Bulk", bulk_queue, oldest_seconds=OLDEST_BULK_SECONDS)
        alarms.add_dead_letter_alarm("UndeliveredTimers", schedules.undelivered)
        for label, queue in (("Event", event_queue), ("Engagement", engagement_queue)):
            alarms.add_queue_alarms(label, queue)
            alarms.add_dead_letter_alarm(f"Undelivered{label}s", queue.undelivered)
        alarms.add_function_alarms("SendEmail", send_email.function)
        alarms.add_function_alarms("TrackEvents", track_events.function)
        alarms.add_api_alarm(http_api.api)
        alarms.add_sending_alarms(settings.metrics_namespace)
        alarms.add_reputation_alarms()
        Dashboard(
            self,
            "Monitoring",
            namespace=settings.metrics_namespace,
            queues={
                "transactional": send_queue,
                "bulk": bulk_queue,
                "event": event_queue,
                "engagement": engagement_queue,
            },
            undelivered={
                "events": event_queue.undelivered,
                "engagements": engagement_queue.undelivered,
            },
            functions={"send_email": send_email.function, "track_events": track_events.function},
            http_api=http_api.api,
        )

        outputs = {
            "ApiUrl": http_api.api.api_endpoint,
            "ApiId": http_api.api.api_id,
            "SendQueueUrl": send_queue.queue.queue_url,
            "SendDeadLetterQueueUrl": send_queue.dead_letters.queue_url,
            "BulkQueueUrl": bulk_queue.queue.queue_url,
            "BulkDeadLetterQueueUrl": bulk_queue.dead_letters.queue_url,
            "ScheduleGroupName": schedules.group_name,
            "UndeliveredTimerQueueUrl": schedules.undelivered.queue_url,
            "TableName": emails.table.table_name,
            "SuppressionKeyArn": suppression_key.secret.secret_arn,
            "ContentBucketName": contents.bucket.bucket_name,
            "EventTopicArn": event_queue.topic.topic_arn,
            "EventQueueUrl": event_queue.queue.queue_url,
            "EventDeadLetterQueueUrl": event_queue.dead_letters.queue_url,
            "UndeliveredEventQueueUrl": event_queue.undelivered.queue_url,
            "EngagementTopicArn": engagement_queue.topic.topic_arn,
            "EngagementQueueUrl": engagement_queue.queue.queue_url,
            "EngagementDeadLetterQueueUrl": engagement_queue.dead_letters.queue_url,
            "UndeliveredEngagementQueueUrl": engagement_queue.undelivered.queue_url,
            "EventBusName": event_bus.event_bus_name,
            "ConfigurationSetName": configuration_set.configuration_set_name,
            "SendFunctionName": send_email.function.function_name,
            "TrackFunctionName": track_events.function.function_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
        if settings.sender == DEFAULT_SENDER and not settings.local:
            warning = (
                "sender is still example.com: set your domain in cdk.json or with -c sender=..."
            )
            Annotations.of(self).add_warning_v2("amsdal-mail:sender", warning)
