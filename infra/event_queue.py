"""The path of SES's events: event destination, SNS topic, queue."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.setting_rules import TRACK_TIMEOUT_SECONDS
from infra.settings import Settings
from infra.work_queue import WorkQueue, dead_letter_queue

__all__ = ["OTHER_EVENT_TYPES", "EventQueue", "engagement_types"]

OTHER_EVENT_TYPES = tuple(
    event_type
    for event_type in ses.EmailSendingEvent
    if event_type not in {ses.EmailSendingEvent.OPEN, ses.EmailSendingEvent.CLICK}
)
"""All types but opens and clicks, which anyone who has a message can cause without end."""


class EventQueue(WorkQueue):
    """A work queue of SES's events, with event destinations and a topic of its own.

    `undelivered` holds the events that SNS could not deliver.

    Args:
        configuration_sets: those whose events come here.
        event_types: SES publishes these. Without any, there is no event destination.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration_sets: Sequence[ses.IConfigurationSet],
        event_types: Sequence[ses.EmailSendingEvent],
        settings: Settings,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            function_timeout=Duration.seconds(TRACK_TIMEOUT_SECONDS),
            retain=not settings.local,
            batching_window=Duration.seconds(settings.event_batching_window_seconds),
        )
        # Without a KMS key: SES cannot publish with the key that AWS manages for SNS, and a key of
        # our own costs more than the rest of an idle stack. SNS forwards events and stores none.
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        self.undelivered = dead_letter_queue(self, "Undelivered", retain=not settings.local)
        # With raw delivery, the body of a record is SES's JSON, without an envelope by SNS:
        # https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
        self.topic.add_subscription(
            subscriptions.SqsSubscription(
                self.queue, raw_message_delivery=True, dead_letter_queue=self.undelivered
            )
        )
        # This construct adds the topic policy that allows only SES to publish, for this account and
        # configuration set. SES publishes a test message when it creates the destination, so the
        # construct also makes the destination depend on that policy.
        for number, configuration_set in enumerate(configuration_sets if event_types else ()):
            ses.ConfigurationSetEventDestination(
                self,
                f"Destination{number + 1 if number else ''}",
                configuration_set=configuration_set,
                destination=ses.EventDestination.sns_topic(self.topic),
                events=list(event_types),
            )


def engagement_types(settings: Settings) -> list[ses.EmailSendingEvent]:
    """Return the types of opens and clicks that the settings ask for."""
    is_tracked = {
        ses.EmailSendingEvent.OPEN: settings.track_opens,
        ses.EmailSendingEvent.CLICK: settings.track_clicks,
    }
    return [event_type for event_type, tracked in is_tracked.items() if tracked]
