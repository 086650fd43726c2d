"""The bucket for content that is large or waits for long, and for uploaded files."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import acknowledge
from infra.work_queue import LONGEST_RETENTION

__all__ = ["ContentBucket", "grant_read_attachments"]

QUEUED, UPLOADS, SCHEDULED, KEPT = "queued/", "uploads/", "scheduled/", "kept/"
RETRY_DAYS = 3
"""An email is retried for some three days."""
QUEUED_DAYS = 3 * int(LONGEST_RETENTION.to_days()) + RETRY_DAYS
"""Days after which a content of the queue cannot be read any more.

Its message may wait on the send queue, then as a dead letter, and once more after a redrive.
"""
SCHEDULED_DAYS = 366 + QUEUED_DAYS
"""Days after which a scheduled email, of a year ahead at most, cannot be sent any more."""
SHORTEST_DAYS = 1
UPLOAD_DAYS = SHORTEST_DAYS
"""S3 counts full days from the next midnight (UTC), so an upload lives for 24 to 48 hours.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""
NO_ACCESS_LOG_REASON = (
    "Only the functions and the callers of the send queue reach the bucket, and its objects live "
    "for days. An access log would keep the names of the objects for longer than the objects."
)
PREFIX_REASON = "Each object has a random name, so a role is permitted a whole prefix."
LOOK_UP_REASON = (
    "The setting attachment_buckets names buckets, or prefixes of them, that may be attached."
)


class ContentBucket(Construct):
    """A private bucket, read and written over TLS only, without versions.

    Args:
        retain: keep the bucket when the stack is deleted, but not after a failed first deployment.
        kept_days: how long messages are kept for people; 0 when none is kept.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, retain: bool, kept_days: int
    ) -> None:
        super().__init__(scope, construct_id)
        self._keeps = kept_days > 0
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[
                _expiry("Queued", QUEUED, QUEUED_DAYS),
                _expiry("Scheduled", SCHEDULED, SCHEDULED_DAYS),
                _expiry("Uploads", UPLOADS, UPLOAD_DAYS),
                # The rule stays when nothing is kept any more: it deletes what was kept before.
                _expiry("Kept", KEPT, max(kept_days, SHORTEST_DAYS)),
            ],
            # The queue that names the objects is kept too.
            removal_policy=(
                RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else RemovalPolicy.DESTROY
            ),
        )
        acknowledge(self.bucket, "S1", NO_ACCESS_LOG_REASON)

    def grant_send(self, role: iam.IRole) -> None:
        """Allow what sending needs: contents of emails, and uploads, which callers write.

        A presigned URL permits what the role that signed it is permitted. S3 responds 404 for a
        missing object only to a caller that may list the bucket, else 403:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        self._grant(role, (QUEUED, SCHEDULED, UPLOADS), "GetObject", "PutObject")
        self._grant(role, (QUEUED, SCHEDULED), "DeleteObject")
        if self._keeps:
            self._grant(role, (KEPT,), "GetObject", "PutObject", "DeleteObject")
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket.bucket_arn])
        )

    def _grant(self, role: iam.IRole, prefixes: tuple[str, ...], *operations: str) -> None:
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[f"s3:{operation}" for operation in operations],
                resources=[self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
            )
        )
        name = self.bucket.stack.get_logical_id(self.bucket.node.default_child)  # type: ignore[arg-type]
        for prefix in prefixes:
            acknowledge(role, f"IAM5[Resource::<{name}.Arn>/{prefix}*]", PREFIX_REASON)


def grant_read_attachments(role: iam.IRole, buckets: tuple[str, ...]) -> None:
    """Allow reading the objects of other buckets, each with an optional prefix after its name.

    A bucket in another account, or with a KMS key, needs a policy of its own beside this.
    """
    for location in buckets:
        name, _, prefix = location.partition("/")
        arn = f"arn:{Aws.PARTITION}:s3:::{name}"
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{arn}/{prefix}*"])
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[arn])
        )
        finding = f"IAM5[Resource::arn:<AWS::Partition>:s3:::{name}/{prefix}*]"
        acknowledge(role, finding, LOOK_UP_REASON)


def _expiry(rule_id: str, prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id=rule_id,
        prefix=prefix,
        expiration=Duration.days(days),
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
