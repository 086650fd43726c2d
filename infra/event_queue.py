"""From the topic of SES's events to the queue of the tracking function."""

from aws_cdk import Duration
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.function_queue import FunctionQueue, dead_letter_queue


class EventQueue(FunctionQueue):
    """The event queue, with a queue of its own for what SNS could not deliver to it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic: sns.ITopic,
        function_timeout: Duration,
        max_receive_count: int,
        window: Duration,
        keep: bool,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            function_timeout=function_timeout,
            max_receive_count=max_receive_count,
            window=window,
            keep=keep,
        )
        self.undelivered = dead_letter_queue(self, "Undelivered", keep=keep)
        # Raw: the body is SES's own JSON, without SNS's envelope around it as an escaped string.
        topic.add_subscription(
            subscriptions.SqsSubscription(
                self.queue, raw_message_delivery=True, dead_letter_queue=self.undelivered
            )
        )
