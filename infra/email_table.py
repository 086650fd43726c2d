"""The DynamoDB table of emails, recipients, events and suppressions."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

__all__ = ["EmailTable"]

INDEXES = {"by_recipient": "recipient", "by_time": "period"}
"""The indexes for the search, each with its partition key. The sort key is the time.

An update of a stack adds one index to a table at most:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
"""
EXPIRY_ATTRIBUTE = "expires_at"


class EmailTable(Construct):
    """The table, billed by request, with indexes of emails by recipient and by time.

    Args:
        retain: keep the table when the stack is deleted, but not after a failed first deployment.
        protect: let DynamoDB refuse to delete the table.
    """

    def __init__(self, scope: Construct, construct_id: str, *, retain: bool, protect: bool) -> None:
        super().__init__(scope, construct_id)
        text = dynamodb.AttributeType.STRING
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=name,
                    partition_key=dynamodb.Attribute(name=partition_key, type=text),
                    sort_key=dynamodb.Attribute(name="at", type=text),
                    # A projected state would cost a write of the index for each event.
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
                )
                for name, partition_key in INDEXES.items()
            ],
            billing=dynamodb.Billing.on_demand(),
            time_to_live_attribute=EXPIRY_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=protect,
            removal_policy=(
                RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else RemovalPolicy.DESTROY
            ),
        )

    def grant(self, role: iam.IRole, *operations: str) -> None:
        """Allow operations such as `PutItem` on the table's items, but not on the indexes."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{operation}" for operation in operations],
                resources=[self.table.table_arn],
            )
        )

    def grant_search(self, role: iam.IRole) -> None:
        """Allow Query on the indexes."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:Query"],
                resources=[f"{self.table.table_arn}/index/{name}" for name in INDEXES],
            )
        )

    def grant_delete(self, role: iam.IRole, *partitions: str) -> None:
        """Allow DeleteItem in partitions such as `SUPPRESSION#*` only."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:DeleteItem"],
                resources=[self.table.table_arn],
                conditions={
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)},
                },
            )
        )
