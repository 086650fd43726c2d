"""The stack: puts the constructs together, grants what each function needs, names the outputs."""

from aws_cdk import Annotations, CfnOutput, Duration, Stack, Tags
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.alarms import Alarms
from infra.concurrency import queue_concurrency
from infra.configuration_set import TrackedConfigurationSet
from infra.dashboard import Dashboard
from infra.dns_records import dns_records, tell_as_outputs, write_to_zone
from infra.email_table import EmailTable
from infra.event_queue import subscribe
from infra.http_api import EmailApi
from infra.sending_identity import SendingIdentity, grant_suppression_list
from infra.service_function import ServiceFunction
from infra.settings import Settings
from infra.work_queue import WorkQueue

TRACK_TIMEOUT = Duration.seconds(30)
SEND_MAX_RECEIVE_COUNT = 3
TRACK_MAX_RECEIVE_COUNT = 5


class AmsdalMailStack(Stack):
    """Transactional email on one's own account: send path, event path, table, watching."""

    def __init__(self, scope: Construct, *, settings: Settings, code: lambda_.Code) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="amsdal_mail: sends email through SES and knows what became of it",
        )
        self._settings, self._code = settings, code
        self._keep = not settings.local
        self._concurrency = settings.max_concurrency or queue_concurrency(settings.max_send_rate)
        Tags.of(self).add("application", "amsdal-mail")
        Tags.of(self).add("stage", settings.stage)

        self.emails = EmailTable(self, "Emails", keep=self._keep)
        self.bus = events.EventBus(self, "Bus", event_bus_name=settings.stack_name)
        self.tracked = TrackedConfigurationSet(self, "Tracked", settings=settings)
        self.send_queue = WorkQueue(
            self,
            "Send",
            function_timeout=Duration.seconds(settings.send_timeout_seconds),
            max_receive_count=SEND_MAX_RECEIVE_COUNT,
            keep=self._keep,
        )
        self.event_queue = WorkQueue(
            self,
            "Events",
            function_timeout=TRACK_TIMEOUT,
            max_receive_count=TRACK_MAX_RECEIVE_COUNT,
            window=Duration.seconds(settings.event_window_seconds),
            keep=self._keep,
        )
        self.undelivered = subscribe(self.event_queue, self.tracked.topic, keep=self._keep)
        self.send_email = self._send_email()
        self.track_events = self._track_events()
        self.api = EmailApi(self, "Http", function=self.send_email.function, settings=settings)
        self._identity()
        self._watch()
        self._outputs()

    def _send_email(self) -> ServiceFunction:
        settings = self._settings
        function = ServiceFunction(
            self,
            "SendEmail",
            name="send_email",
            code=self._code,
            settings=settings,
            timeout=Duration.seconds(settings.send_timeout_seconds),
            memory_mb=512,
            sends_to_itself=True,  # what SES throttled goes back on the queue, if need be for a day
            environment={
                "TABLE_NAME": self.emails.table.table_name,
                "QUEUE_URL": self.send_queue.queue.queue_url,
                "AWS_SES_CONFIGURATION_SET": self.tracked.name,
                # SES refuses the colon of `metadata:` in a tag's name.
                "AWS_SES_METADATA_PREFIX": "metadata_",
                "MAX_SEND_RATE": str(settings.max_send_rate),
                "MAX_CONCURRENCY": str(self._concurrency),
                "TIMEOUT_SECONDS": str(settings.send_timeout_seconds),
                "LOST_ANSWER_SECONDS": str(settings.lost_answer_seconds),
            },
        )
        self.emails.grant(function.role, "BatchGetItem", "Query", "PutItem", "UpdateItem")
        self.emails.grant_unsuppressing(function.role)
        self.send_queue.queue.grant_send_messages(function.role)
        function.consume(self.send_queue, max_concurrency=self._concurrency)
        return function

    def _track_events(self) -> ServiceFunction:
        function = ServiceFunction(
            self,
            "TrackEvents",
            name="track_events",
            code=self._code,
            settings=self._settings,
            timeout=TRACK_TIMEOUT,
            memory_mb=512,
            environment={
                "TABLE_NAME": self.emails.table.table_name,
                "EVENT_BUS_NAME": self.bus.event_bus_name,
            },
        )
        self.emails.grant(function.role, "BatchGetItem", "PutItem")
        self.bus.grant_put_events_to(function.role)
        function.consume(self.event_queue, max_concurrency=self._concurrency)
        return function

    def _identity(self) -> None:
        identity = SendingIdentity(self, "Sender", settings=self._settings)
        identity.grant_send(self.send_email.role, self.tracked.name)
        grant_suppression_list(self.send_email.role)
        records = dns_records(self._settings, self.region, identity.created)
        if self._settings.hosted_zone_id:
            write_to_zone(identity, self._settings.hosted_zone_id, records)
        else:
            tell_as_outputs(self, records)
        if self._settings.sender == Settings.sender and not self._settings.local:
            text = "sender is still example.com: give your own, -c sender=your.domain"
            Annotations.of(self).add_warning_v2("amsdal-mail:sender", text)

    def _watch(self) -> None:
        alarms = Alarms(self, "Alarms", alert_email=self._settings.alert_email)
        alarms.dead_letters("SendDeadLetters", self.send_queue.dead_letters)
        alarms.dead_letters("EventDeadLetters", self.event_queue.dead_letters)
        alarms.dead_letters("UndeliveredEvents", self.undelivered)
        alarms.oldest_message("Send", self.send_queue.queue)
        alarms.oldest_message("Event", self.event_queue.queue)
        alarms.function("SendEmail", self.send_email.function)
        alarms.function("TrackEvents", self.track_events.function)
        alarms.sending()
        alarms.reputation()
        Dashboard(
            self,
            "Watch",
            queues={
                "send": self.send_queue.queue,
                "send dead letters": self.send_queue.dead_letters,
                "events": self.event_queue.queue,
                "event dead letters": self.event_queue.dead_letters,
                "undelivered events": self.undelivered,
            },
            functions={
                "send_email": self.send_email.function,
                "track_events": self.track_events.function,
            },
        )

    def _outputs(self) -> None:
        outputs = {
            "ApiUrl": self.api.api.api_endpoint,
            "ApiId": self.api.api.api_id,
            "SendQueueUrl": self.send_queue.queue.queue_url,
            "SendDeadLetterQueueUrl": self.send_queue.dead_letters.queue_url,
            "TableName": self.emails.table.table_name,
            "EventTopicArn": self.tracked.topic.topic_arn,
            "EventQueueUrl": self.event_queue.queue.queue_url,
            "EventDeadLetterQueueUrl": self.event_queue.dead_letters.queue_url,
            "UndeliveredEventQueueUrl": self.undelivered.queue_url,
            "EventBusName": self.bus.event_bus_name,
            "ConfigurationSetName": self.tracked.name,
            "SendFunctionName": self.send_email.function.function_name,
            "TrackFunctionName": self.track_events.function.function_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
