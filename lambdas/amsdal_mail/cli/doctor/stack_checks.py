"""Checks of the stack: credentials, region, queues, alarms, schedules and the table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from amsdal_mail.cli.dead_letters.queues import list_dead_letters, message_counts
from amsdal_mail.cli.doctor.findings import Finding, fail, ok, skip, warn

if TYPE_CHECKING:
    from amsdal_mail.cli.doctor.facts import Facts

__all__ = [
    "alarms",
    "backups",
    "credentials",
    "dead_letters",
    "oldest_message",
    "queues",
    "region",
    "schedules",
    "stack",
    "table",
]

SES_TYPE = "AWS::SES::ConfigurationSet"
WORK_QUEUES = {
    "SendQueueUrl": "send",
    "BulkQueueUrl": "bulk",
    "EventQueueUrl": "event",
    "EngagementQueueUrl": "engagement",
}
OLDEST = {"BulkQueueUrl": timedelta(days=1)}
OLDEST_DEFAULT = timedelta(minutes=30)
"""As the alarms have it: a large mailing waits for hours at a low sending rate."""


def credentials(facts: Facts) -> Finding:
    """Check that AWS knows the caller."""
    caller = facts.ask("sts", "get_caller_identity")
    return ok(f"account {caller['Account']}, {caller['Arn']}")


def region(facts: Facts) -> Finding:
    """Check that CloudFormation has the resource types of SES in the region."""
    name = facts.stage.region
    try:
        facts.ask("cloudformation", "describe_type", Type="RESOURCE", TypeName=SES_TYPE)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TypeNotFoundException":
            raise
        return fail(
            f"{name} has no SES resource types in CloudFormation",
            "choose another region: see docs/deploying.md",
        )
    return ok(f"{name} has the SES resource types")


def stack(facts: Facts) -> Finding:
    """Check that the last deployment went through."""
    name = facts.stage.stack_name
    (found,) = facts.ask("cloudformation", "describe_stacks", StackName=name)["Stacks"]
    status = found["StackStatus"]
    if status.endswith("_FAILED"):
        return fail(f"{name} is {status}", f"npx cdk deploy -c stage={facts.stage.name}")
    if "ROLLBACK" in status:
        return warn(
            f"{name} is {status}: the last deployment was undone",
            f"aws cloudformation describe-stack-events --stack-name {name}",
        )
    return ok(f"{name} is {status}")


def queues(facts: Facts) -> Finding:
    """Count the messages of the work queues. Many are no fault: see the oldest message."""
    counts = []
    for output, label in WORK_QUEUES.items():
        try:
            visible, hidden = message_counts(facts.client("sqs"), facts.output(output))
        except ClientError as error:
            if "NonExistentQueue" not in error.response["Error"]["Code"]:
                raise
            return fail(f"the {label} queue is gone", "delete the stack, and deploy it again")
        counts.append(f"{label} {visible}" + (f" (+{hidden} in work)" if hidden else ""))
    return ok(f"messages: {', '.join(counts)}")


def oldest_message(facts: Facts) -> Finding:
    """Check that no message waits longer than it should."""
    ages, late = [], []
    for output, label in WORK_QUEUES.items():
        age = _age(facts, facts.output(output).rpartition("/")[2])
        if age is not None:
            ages.append(f"{label} {_span(age)}")
            if age > OLDEST.get(output, OLDEST_DEFAULT):
                late.append(f"{label} {_span(age)}")
    if late:
        return warn(
            f"messages wait for long: {', '.join(late)}",
            "see docs/operating.md, Alarms: the function is stopped or slow, or more mail comes"
            " than max_send_rate allows",
        )
    if not ages and facts.stage.is_local:
        return skip("not in the local AWS: metrics of queues")
    return ok(f"the oldest message: {', '.join(ages)}" if ages else "no message waits")


def dead_letters(facts: Facts) -> Finding:
    """Check that no message has failed for good."""
    found = [
        queue
        for queue in list_dead_letters(facts.stage, sqs=facts.client("sqs"))
        if queue.count or queue.hidden
    ]
    here = f"amsdal-mail --stage {facts.stage.name} dead-letters"
    text = ", ".join(f"{queue.count + queue.hidden} in {queue.name}" for queue in found)
    if any(not queue.is_left_behind for queue in found):
        return fail(f"dead letters: {text}", f"{here} show {found[0].name}")
    if found:
        return warn(f"an earlier stack left messages: {text}", f"{here} redrive --older")
    return ok("all dead-letter queues are empty")


def alarms(facts: Facts) -> Finding:
    """Check that no alarm rings, and that somebody would hear it."""
    # CloudFormation's name of an alarm: the stack and the logical id. Another stage may be called
    # like the beginning of this one.
    prefix = f"{facts.stage.stack_name}-Alarms"
    found = facts.ask("cloudwatch", "describe_alarms", AlarmNamePrefix=prefix, MaxRecords=100)
    rows = found.get("MetricAlarms", [])
    ringing = [row for row in rows if row["StateValue"] == "ALARM"]
    if ringing:
        texts = [f"{row['AlarmName']} ({row.get('AlarmDescription', '')})" for row in ringing]
        return fail(f"in ALARM: {'; '.join(texts)}", "see docs/operating.md, Alarms")
    if not rows:
        return fail(f"the stack has no alarms {prefix}…", "deploy the stage again")
    topics = {action for row in rows for action in row.get("AlarmActions", ())}
    if not topics and not facts.stage.is_local:
        return warn(
            f"none of {len(rows)} alarms rings, and they notify nobody",
            "set alert_email in cdk.json, and deploy again",
        )
    return _heard(facts, len(rows), sorted(topics))


def schedules(facts: Facts) -> Finding:
    """Check that emails for later have a group of schedules to wait in."""
    name = facts.output("ScheduleGroupName")
    try:
        state = facts.ask("scheduler", "get_schedule_group", Name=name).get("State")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return fail(
            f"the schedule group {name} is gone: no email can be scheduled for later",
            f"aws scheduler create-schedule-group --name {name}",
        )
    if state != "ACTIVE":
        return fail(f"the schedule group {name} is {state}", "deploy the stage again")
    return ok(f"the schedule group {name} is active")


def table(facts: Facts) -> Finding:
    """Check that the table takes reads and writes, and forgets old emails."""
    name = facts.output("TableName")
    found = facts.ask("dynamodb", "describe_table", TableName=name)["Table"]
    status = found["TableStatus"]
    if status not in {"ACTIVE", "UPDATING"}:
        return fail(f"the table is {status}", "see the console of DynamoDB")
    ttl = facts.ask("dynamodb", "describe_time_to_live", TableName=name)
    state = (ttl.get("TimeToLiveDescription") or {}).get("TimeToLiveStatus")
    if state not in {"ENABLED", "ENABLING"}:
        return warn(
            "the table keeps old emails for ever: its TTL is off",
            f"aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification"
            " Enabled=true,AttributeName=expires_at",
        )
    return ok(f"the table is {status}, with TTL")


def backups(facts: Facts) -> Finding:
    """Check that the table can be restored to each second of the last days."""
    name = facts.output("TableName")
    answer = facts.ask("dynamodb", "describe_continuous_backups", TableName=name)
    backup = answer.get("ContinuousBackupsDescription") or {}
    recovery = backup.get("PointInTimeRecoveryDescription") or {}
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        if facts.stage.is_local:
            return skip("not in the local AWS: point-in-time recovery")
        return fail(
            "point-in-time recovery of the table is off",
            f"aws dynamodb update-continuous-backups --table-name {name}"
            " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        )
    return ok("point-in-time recovery is on")


def _heard(facts: Facts, count: int, topics: list[str]) -> Finding:
    for topic in topics:
        rows = facts.ask("sns", "list_subscriptions_by_topic", TopicArn=topic)["Subscriptions"]
        pending = [row["Endpoint"] for row in rows if not row["SubscriptionArn"].startswith("arn:")]
        if pending or not rows:
            return warn(
                f"none of {count} alarms rings, and nobody would hear it:"
                f" {', '.join(pending) or 'no address'} has not confirmed the subscription",
                "click the link in the mail of AWS Notifications, or deploy alert_email again",
            )
    return ok(f"none of {count} alarms rings")


def _age(facts: Facts, queue: str) -> timedelta | None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    answer = facts.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=now - timedelta(minutes=15),
        EndTime=now,
        Period=300,
        Statistics=["Maximum"],
    )
    points = sorted(answer.get("Datapoints") or (), key=lambda point: point["Timestamp"])
    return timedelta(seconds=points[-1]["Maximum"]) if points else None


def _span(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return f"{int(age.total_seconds())} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
