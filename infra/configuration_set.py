"""The SES configuration set, and the path of its events to the event queue."""

from __future__ import annotations

from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.settings import Settings
from infra.work_queue import WorkQueue, dead_letter_queue

__all__ = ["TrackedConfigurationSet"]


class TrackedConfigurationSet(Construct):
    """A configuration set that requires TLS and publishes its events to the event queue.

    The events go by an SNS topic. `undelivered_events` holds those that SNS could not deliver.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, event_queue: WorkQueue
    ) -> None:
        super().__init__(scope, construct_id)
        configuration_set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            configuration_set_name=settings.stack_name,
            reputation_metrics=True,
            sending_enabled=True,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            custom_tracking_redirect_domain=settings.tracking_domain or None,
        )
        self.name = configuration_set.configuration_set_name
        # Without a KMS key: SES cannot publish with the key that AWS manages for SNS, and a key of
        # our own costs more than the rest of an idle stack. SNS forwards events and stores none.
        self.topic = sns.Topic(self, "Events", enforce_ssl=True)
        # This construct adds the topic policy that allows only SES to publish, for this account and
        # configuration set. SES publishes a test message when it creates the destination, so the
        # construct also makes the destination depend on that policy.
        ses.ConfigurationSetEventDestination(
            self,
            "EventDestination",
            configuration_set=configuration_set,
            destination=ses.EventDestination.sns_topic(self.topic),
            events=_event_types(settings),
        )
        self.undelivered_events = dead_letter_queue(
            self, "UndeliveredEvents", retain=not settings.local
        )
        # With raw delivery, the body of a record is SES's JSON, without an envelope by SNS:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                event_queue.queue,
                raw_message_delivery=True,
                dead_letter_queue=self.undelivered_events,
            )
        )


def _event_types(settings: Settings) -> list[ses.EmailSendingEvent]:
    untracked = set()
    if not settings.track_opens:
        untracked.add(ses.EmailSendingEvent.OPEN)
    if not settings.track_clicks:
        untracked.add(ses.EmailSendingEvent.CLICK)
    return [event_type for event_type in ses.EmailSendingEvent if event_type not in untracked]
