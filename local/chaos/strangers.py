"""What other programs put on the queue and on the topics of the service."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.stack.local_aws import LocalAWS

__all__ = ["foreign_attributes", "publish_strangers"]

TOPICS = ("EventTopicArn", "EngagementTopicArn")
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
OWN_NAMES = ("email_id", "idempotency_key", "retry_count", "first_message_id", "amsdal_mail")
"""Names that look like notes of the service."""
MAX_ATTRIBUTES = 10
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
STRANGERS = (
    "Successfully validated SNS topic for Amazon SES event publishing.\n",
    "AWS Budgets: your budget has exceeded your alert threshold",
    json.dumps({"AlarmName": "cpu", "NewStateValue": "ALARM", "StateChangeTime": "2026-01-01"}),
    json.dumps({"notificationType": "Received", "mail": {}, "receipt": {}}),
    json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have ..."}),
    json.dumps({"eventType": "TEXT_DELIVERED", "messageId": "1"}),
    json.dumps({"source": "keep-warm"}),
    json.dumps(["a", 1, None]),
    "null",
    "42",
)
"""An alarm, a budget, inbound mail, an SMS, a ping and texts that are not events."""


def publish_strangers(aws: LocalAWS) -> int:
    """Publish messages that are not events of SES to both topics. Return their number."""
    sns = aws.client("sns")
    for topic in TOPICS:
        for text in STRANGERS:
            sns.publish(TopicArn=aws.outputs[topic], Message=text, Subject="not an email")
    return len(TOPICS) * len(STRANGERS)


def foreign_attributes(rng: random.Random) -> dict[str, Any]:
    """Return the attributes of a producer, as fields of an entry of SendMessageBatch."""
    text = {"DataType": "String", "StringValue": "value"}
    match rng.randrange(5):
        case 0:
            binary = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
            return {"MessageAttributes": {"thumbnail": binary}}
        case 1:
            names = [f"attribute-{number}" for number in range(MAX_ATTRIBUTES)]
            return {"MessageAttributes": dict.fromkeys(names, text)}
        case 2:
            return {"MessageAttributes": dict.fromkeys(OWN_NAMES, text)}
        case 3:
            trace = {"DataType": "String", "StringValue": TRACE}
            traceparent = {"DataType": "String", "StringValue": "00-4bf92f3577b34da6-00f067aa-01"}
            return {
                "MessageAttributes": {"traceparent": traceparent},
                "MessageSystemAttributes": {"AWSTraceHeader": trace},
            }
    return {}
