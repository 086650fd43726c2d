"""From the topic of SES's events to the queue of the tracking function."""

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from infra.work_queue import WorkQueue, dead_letter_queue


def subscribe(events: WorkQueue, topic: sns.ITopic, *, keep: bool) -> sqs.Queue:
    """Subscribe the queue to the topic; return the queue of what SNS could not deliver."""
    undelivered = dead_letter_queue(events, "Undelivered", keep=keep)
    # Raw: the body is SES's own JSON, without SNS's envelope around it as an escaped string.
    topic.add_subscription(
        subscriptions.SqsSubscription(
            events.queue, raw_message_delivery=True, dead_letter_queue=undelivered
        )
    )
    return undelivered
