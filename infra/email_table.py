"""The DynamoDB table that knows what became of every email."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

RECIPIENT_INDEX = "by_recipient"
EXPIRY_ATTRIBUTE = "expires_at"


class EmailTable(Construct):
    """Emails, their recipients, their events and the suppression list, on demand."""

    def __init__(self, scope: Construct, construct_id: str, *, keep: bool) -> None:
        super().__init__(scope, construct_id)
        text = dynamodb.AttributeType.STRING
        self.table = dynamodb.TableV2(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text),
            global_secondary_indexes=[
                dynamodb.GlobalSecondaryIndexPropsV2(
                    index_name=RECIPIENT_INDEX,
                    partition_key=dynamodb.Attribute(name="recipient", type=text),
                    sort_key=dynamodb.Attribute(name="at", type=text),
                    # Which emails, and when: their states would be a write for each event.
                    projection_type=dynamodb.ProjectionType.KEYS_ONLY,
                )
            ],
            billing=dynamodb.Billing.on_demand(),
            time_to_live_attribute=EXPIRY_ATTRIBUTE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=keep,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )

    def grant(self, role: iam.IRole, *calls: str) -> None:
        """Let the role make these calls (`PutItem`) on items by their keys; none on the index."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{call}" for call in calls], resources=[self.table.table_arn]
            )
        )

    def grant_unsuppressing(self, role: iam.IRole) -> None:
        """Let the role delete entries of the suppression list, and nothing else."""
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["dynamodb:DeleteItem"],
                resources=[self.table.table_arn],
                conditions={
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["SUPPRESSION#*"]},
                },
            )
        )
