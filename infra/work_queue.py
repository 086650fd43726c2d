"""A queue in front of a function, with the dead-letter queue behind it."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import acknowledge

# SQS keeps a message no longer than this; a dead letter has to wait for a person.
LONGEST_RETENTION = Duration.days(14)
# AWS's advice for a queue that feeds Lambda, beside the time that a batch is gathered: the function
# may be throttled and tried again while the record must stay hidden from a second environment.
VISIBILITY_TIMEOUTS = 6


class WorkQueue(Construct):
    """A queue whose records become visible again only long after the function's timeout.

    `window` is how long records are gathered for a batch of them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_timeout: Duration,
        max_receive_count: int,
        keep: bool,
        window: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.window = window or Duration.seconds(0)
        self.dead_letters = dead_letter_queue(self, "DeadLetters", keep=keep)
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(
                VISIBILITY_TIMEOUTS * int(function_timeout.to_seconds())
            ).plus(self.window),
            retention_period=LONGEST_RETENTION,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=max_receive_count
            ),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=_removal(keep=keep),
        )


def dead_letter_queue(scope: Construct, construct_id: str, *, keep: bool) -> sqs.Queue:
    """Make a queue for what could not be handled, kept as long as SQS can."""
    queue = sqs.Queue(
        scope,
        construct_id,
        retention_period=LONGEST_RETENTION,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        removal_policy=_removal(keep=keep),
    )
    acknowledge(queue, "SQS3", "This queue is itself a dead-letter queue.")
    return queue


def _removal(*, keep: bool) -> RemovalPolicy:
    """Unsent email and unread events are not thrown away with the stack."""
    return RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY
