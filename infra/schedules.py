"""Schedules of emails that are sent later: a group of EventBridge Scheduler, and its role."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import acknowledge
from infra.work_queue import dead_letter_queue

__all__ = ["Schedules"]

PRINCIPAL = "scheduler.amazonaws.com"
WILDCARD_REASON = "The name of a schedule contains the id of its email, which is not known before."


class Schedules(Construct):
    """The schedule group of a stage, and the role with which its schedules put timers on a queue.

    `undelivered` holds the timers that Scheduler could not put on the queue. The group is deleted
    with the stack, and its schedules with it.

    Args:
        group_name: the name of the group.
        queues: the queues for the timers, one for each stream.
        retain: keep the undelivered timers when the stack is deleted.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        group_name: str,
        queues: Sequence[sqs.IQueue],
        retain: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.undelivered = dead_letter_queue(self, "Undelivered", retain=retain)
        self.group = scheduler.CfnScheduleGroup(self, "Group", name=group_name)
        self.group_name = group_name
        self.role = iam.Role(
            self,
            "Role",
            # Scheduler of another account or group may not use the role:
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
            assumed_by=iam.ServicePrincipal(
                PRINCIPAL,
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": Stack.of(self).account,
                        "aws:SourceArn": self.group.attr_arn,
                    }
                },
            ),
        )
        for target in (*queues, self.undelivered):
            self.role.add_to_principal_policy(
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[target.queue_arn])
            )

    def grant(self, role: iam.IRole) -> None:
        """Allow a role to create and delete schedules of the group, which use the group's role."""
        schedules = Stack.of(self).format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.group_name}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
                resources=[schedules],
            )
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": PRINCIPAL}},
            )
        )
        account = "<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>"
        finding = f"IAM5[Resource::arn:{account}:schedule/{self.group_name}/*]"
        acknowledge(role, finding, WILDCARD_REASON)
