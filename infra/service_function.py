"""The base of the two Lambda functions: code, role, log group and common environment."""

from __future__ import annotations

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

__all__ = ["ServiceFunction", "log_group"]

BATCH_SIZE = 10
"""The largest batch of an SQS event source without a batching window.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

NEWER_PYTHON_REASON = (
    "The setting python_version chooses the runtime, because the lock file has the wheels for it. "
    "AWS supports Python 3.13 until 2029."
)
XRAY_REASON = (
    "xray:PutTraceSegments and xray:PutTelemetryRecords have no resource types: AWS accepts only "
    "'*'."
)


class ServiceFunction(Construct):
    """A function of the shared asset, with a role and a log group of its own.

    Args:
        name: the package that holds the handler, `<name>.function.handler`.
        allow_recursive_loop: let the function send to the queue that it reads. Otherwise Lambda
            stops a record that went round about 16 times:
            https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """

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
        allow_recursive_loop: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        own_logs = log_group(self, "Logs")
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        own_logs.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            code=code,
            handler=f"{name}.function.handler",
            runtime=_runtime(settings.python_version),
            architecture=_architecture(settings.architecture),
            role=self.role,
            log_group=own_logs,
            timeout=timeout,
            memory_size=memory_mb,
            tracing=lambda_.Tracing.ACTIVE if settings.tracing else None,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if allow_recursive_loop else None,
            environment={**_common_environment(name, settings), **environment},
        )
        acknowledge(self.function, "L1", NEWER_PYTHON_REASON)
        if settings.tracing:
            acknowledge(self.role, "IAM5[Resource::*]", XRAY_REASON)

    def consume(self, queue: WorkQueue, *, max_concurrency: int) -> None:
        """Invoke the function with batches of the queue. Only failed records are retried."""
        self.function.add_event_source(
            event_sources.SqsEventSource(
                queue.queue,
                batch_size=BATCH_SIZE,
                max_batching_window=queue.batching_window,
                max_concurrency=max_concurrency,
                report_batch_item_failures=True,
            )
        )


def log_group(scope: Construct, construct_id: str, name: str | None = None) -> logs.LogGroup:
    """Create a log group that keeps logs for a month and is deleted with the stack."""
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )


def _runtime(python_version: str) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{python_version}", lambda_.RuntimeFamily.PYTHON)


def _architecture(name: str) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if name == "arm64" else lambda_.Architecture.X86_64


def _common_environment(name: str, settings: Settings) -> dict[str, str]:
    # The local AWS has no X-Ray daemon that could receive the segments.
    uses_tracer = settings.powertools_tracer and not settings.local
    return {
        "STAGE": settings.stage,
        "RETENTION_DAYS": str(settings.retention_days),
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": settings.metrics_namespace,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_TRACE_DISABLED": "false" if uses_tracer else "true",
        # Otherwise pydantic reads the metadata of every installed package to look for plugins.
        "PYDANTIC_DISABLE_PLUGINS": "true",
    }
