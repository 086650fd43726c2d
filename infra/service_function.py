"""One of the two Lambda functions: its own role, its own log group, nothing it does not need."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.nag import acknowledge
from infra.settings import Settings
from infra.work_queue import WorkQueue

METRICS_NAMESPACE = "AmsdalMail"
# An SQS event source without a batching window takes no larger batch than this.
BATCH_SIZE = 10

_NEWER_PYTHON = (
    "The setting python_version chooses the runtime, whose wheels the lock file holds, "
    "and 3.13 is supported by AWS until 2029."
)
_XRAY_HAS_NO_ARNS = (
    "xray:PutTraceSegments and xray:PutTelemetryRecords know no resource types: AWS takes only '*'."
)


class ServiceFunction(Construct):
    """A function `<name>.function.handle` of the shared asset."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        code: lambda_.Code,
        settings: Settings,
        timeout: Duration,
        memory_mb: int,
        environment: Mapping[str, str],
        sends_to_itself: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = log_group(self, "Logs")
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            code=code,
            handler=f"{name}.function.handle",
            runtime=_runtime(settings.python_version),
            architecture=_architecture(settings.architecture),
            role=self.role,
            log_group=self.log_group,
            timeout=timeout,
            memory_size=memory_mb,
            tracing=lambda_.Tracing.ACTIVE if settings.tracing else None,
            # Lambda stops a record that went 16 times from a function to a queue and back, unless
            # that is allowed.
            recursive_loop=lambda_.RecursiveLoop.ALLOW if sends_to_itself else None,
            environment={**_powertools(name, settings), **environment},
        )
        acknowledge(self.function, "L1", _NEWER_PYTHON)
        if settings.tracing:
            acknowledge(self.role, "IAM5[Resource::*]", _XRAY_HAS_NO_ARNS)

    def consume(self, source: WorkQueue, *, max_concurrency: int) -> None:
        """Feed the function from the queue; a record that fails comes back alone."""
        self.function.add_event_source(
            event_sources.SqsEventSource(
                source.queue,
                batch_size=BATCH_SIZE,
                max_batching_window=source.window,
                max_concurrency=max_concurrency,
                report_batch_item_failures=True,
            )
        )


def log_group(scope: Construct, construct_id: str) -> logs.LogGroup:
    """Make a log group that forgets after a month and goes with the stack: logs hold no email."""
    return logs.LogGroup(
        scope,
        construct_id,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )


def _runtime(python_version: str) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{python_version}", lambda_.RuntimeFamily.PYTHON)


def _architecture(name: str) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if name == "arm64" else lambda_.Architecture.X86_64


def _powertools(name: str, settings: Settings) -> dict[str, str]:
    # The local AWS has no X-Ray daemon to take the segments.
    is_traced = settings.tracing and not settings.local
    return {
        "STAGE": settings.stage,
        "RETENTION_DAYS": str(settings.retention_days),
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_TRACE_DISABLED": "false" if is_traced else "true",
        # Pydantic would read the metadata of every installed package in search of plugins.
        "PYDANTIC_DISABLE_PLUGINS": "true",
    }
