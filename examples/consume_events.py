"""Read SES events without the service: from files, or from an SQS queue.

    python examples/consume_events.py events/ses/bounce_permanent.json
    python examples/consume_events.py --queue https://sqs.eu-west-1.amazonaws.com/123456789012/events

The queue is subscribed to the SNS topic of a configuration set. Reading stops when it is empty.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from amsdal_mail.tracking import TrackingEvent, parse_notification


def main() -> None:
    """Print a line for every event, and the addresses that must get no more mail."""
    parser = argparse.ArgumentParser(description="Read SES events.")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--queue", help="the URL of an SQS queue")
    options = parser.parse_args()
    for file in options.files:
        show(parse_notification(file.read_bytes()))
    if options.queue:
        for body in receive(options.queue):
            show(parse_notification(body))


def show(events: list[TrackingEvent]) -> None:
    """Store them instead: an event comes at least once, and `event_id` is the same each time."""
    for event in events:
        print(event.at.isoformat(), event.kind, event.recipient or "-", event.message_id)
        if event.should_suppress:
            print("suppress", event.recipient)


def receive(queue_url: str) -> Iterator[str]:
    """Yield the body of each message, and delete the message when it has been processed."""
    import boto3

    # boto3 itself reads AWS_DEFAULT_REGION and the profile only.
    sqs = boto3.client("sqs", region_name=os.environ.get("AWS_REGION"))
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages"):
        for message in messages:
            yield message["Body"]
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    main()
