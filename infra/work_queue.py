"""A queue in front of a function, with a dead-letter queue behind it."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import acknowledge

__all__ = ["WorkQueue", "dead_letter_queue"]

LONGEST_RETENTION = Duration.days(14)
"""SQS keeps a message no longer, and a dead letter has to wait for an operator.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

VISIBILITY_TIMEOUTS = 6
"""Function timeouts for which a received record stays hidden, beside the batching window.

Lambda may be throttled and retry, and meanwhile no other environment may receive the record:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""


MAX_RECEIVE_COUNT = 10
"""Attempts after which a record goes to the dead-letter queue.

Lambda receives a record also when it then cannot invoke the function, because the concurrency is
used up. With few attempts, good records would become dead letters. AWS advises 5 or more:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""


class WorkQueue(Construct):
    """A queue whose records become visible again only long after the function's timeout.

    Args:
        function_timeout: the timeout of the function that reads the queue.
        retain: keep the queues and their messages when the stack is deleted.
        batching_window: how long Lambda collects records for a batch.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_timeout: Duration,
        retain: bool,
        batching_window: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.batching_window = batching_window or Duration.seconds(0)
        self.dead_letters = dead_letter_queue(self, "DeadLetters", retain=retain)
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(
                VISIBILITY_TIMEOUTS * int(function_timeout.to_seconds())
            ).plus(self.batching_window),
            retention_period=LONGEST_RETENTION,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=MAX_RECEIVE_COUNT
            ),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=_removal_policy(retain=retain),
        )


def dead_letter_queue(scope: Construct, construct_id: str, *, retain: bool) -> sqs.Queue:
    """Create a queue for failed messages, which keeps them as long as SQS can."""
    queue = sqs.Queue(
        scope,
        construct_id,
        retention_period=LONGEST_RETENTION,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        removal_policy=_removal_policy(retain=retain),
    )
    acknowledge(queue, "SQS3", "This queue is itself a dead-letter queue.")
    return queue


def _removal_policy(*, retain: bool) -> RemovalPolicy:
    # The queues may hold unsent emails and unread events: `dead-letters redrive --older` of the
    # command line moves them to the stage's next stack. A failed first deployment leaves none.
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else RemovalPolicy.DESTROY
