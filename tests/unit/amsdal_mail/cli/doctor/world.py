"""A healthy stage whose AWS is a table of responses, in which a test plants faults."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import ClientError

from amsdal_mail.cli.doctor import Finding, diagnose
from amsdal_mail.cli.doctor.name_server import name_server
from amsdal_mail.cli.stage import Stage
from tests.name_server import HEALTHY_ZONE, Zone, serving

__all__ = ["OUTPUTS", "VARIABLES", "World", "refused"]

ACCOUNT = "111122223333"
ARN = f"arn:aws:%s:us-east-1:{ACCOUNT}:%s"
SQS = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/"
OUTPUTS = {
    **{
        name: f"{SQS}{name}"
        for name in (
            "SendQueueUrl", "BulkQueueUrl", "EventQueueUrl", "EngagementQueueUrl",
            "SendDeadLetterQueueUrl", "BulkDeadLetterQueueUrl", "UndeliveredTimerQueueUrl",
            "EventDeadLetterQueueUrl", "UndeliveredEventQueueUrl",
            "EngagementDeadLetterQueueUrl", "UndeliveredEngagementQueueUrl",
        )
    },
    "EventTopicArn": ARN % ("sns", "events"),
    "EngagementTopicArn": ARN % ("sns", "engagements"),
    "ConfigurationSetName": "AmsdalMail-prod",
    "SendFunctionName": "send",
    "TrackFunctionName": "track",
    "ScheduleGroupName": "AmsdalMail-prod",
    "TableName": "emails",
}  # fmt: skip
EVENTS = [
    "SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "DELIVERY_DELAY",
    "SUBSCRIPTION",
]  # fmt: skip
VARIABLES = {
    "SES_IDENTITIES": "example.com",
    "MAX_SEND_RATE": "14.0",
    "EXPIRING_CONFIGURATION_SET": "",
}
TOKENS = ["aaa", "bbb", "ccc"]


def _function(name: str, **call: Any) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "Runtime": "python3.13",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "CodeSha256": "x",
        "Environment": {"Variables": dict(VARIABLES)},
    }


def _mapping(queue: str) -> dict[str, Any]:
    return {"UUID": f"uuid-{queue}", "EventSourceArn": ARN % ("sqs", queue), "State": "Enabled"}


def _subscription(topic: str, queue: str) -> dict[str, Any]:
    arn = ARN % ("sns", f"{topic}:1")
    return {"Protocol": "sqs", "Endpoint": ARN % ("sqs", queue), "SubscriptionArn": arn}


HEALTHY: dict[str, dict[str, Any]] = {
    "sts": {"get_caller_identity": {"Account": ACCOUNT, "Arn": "arn:aws:iam::111122223333:role/x"}},
    "cloudformation": {
        "describe_type": {},
        "describe_stacks": {"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]},
    },
    "sesv2": {
        "get_account": {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "PricingAttributes": {"CurrentPlan": "NONE"},
            "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 10.0},
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        },
        "get_email_identity": {
            "VerifiedForSendingStatus": True,
            "VerificationStatus": "SUCCESS",
            "DkimAttributes": {
                "SigningEnabled": True, "Status": "SUCCESS", "Tokens": TOKENS,
                "SigningAttributesOrigin": "AWS_SES", "CurrentSigningKeyLength": "RSA_2048_BIT",
            },
            "MailFromAttributes": {
                "MailFromDomain": "mail.example.com", "MailFromDomainStatus": "SUCCESS",
                "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
            },
        },
        "get_configuration_set": {
            "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
            "ReputationOptions": {"ReputationMetricsEnabled": True},
            "SendingOptions": {"SendingEnabled": True},
            "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        },
        "get_configuration_set_event_destinations": {
            "EventDestinations": [
                {
                    "Name": "others", "Enabled": True, "MatchingEventTypes": EVENTS,
                    "SnsDestination": {"TopicArn": OUTPUTS["EventTopicArn"]},
                }
            ]
        },
    },
    "sns": {
        "list_subscriptions_by_topic": {
            "Subscriptions": [
                _subscription("events", "EventQueueUrl"),
                _subscription("engagements", "EngagementQueueUrl"),
            ]
        }
    },
    "sqs": {
        "get_queue_attributes": lambda **call: {
            "Attributes": dict.fromkeys(call["AttributeNames"], "0")
        },
    },
    "cloudwatch": {
        "describe_alarms": {
            "MetricAlarms": [
                {"AlarmName": "AmsdalMail-prod-AlarmsX", "StateValue": "OK",
                 "AlarmActions": [ARN % ("sns", "alerts")]}
            ]
        },
        "get_metric_statistics": {"Datapoints": []},
    },
    "lambda": {
        "get_function_configuration": lambda **call: _function(call["FunctionName"]),
        "list_event_source_mappings": lambda **call: {
            "EventSourceMappings": [
                _mapping(queue)
                for queue in (
                    ("SendQueueUrl", "BulkQueueUrl")
                    if call["FunctionName"] == "send"
                    else ("EventQueueUrl", "EngagementQueueUrl")
                )
            ]
        },
        "get_function_concurrency": {},
        "get_account_settings": {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
        "get_function": {"Code": {"Location": "https://awslambda.example/code.zip"}},
    },
    "scheduler": {"get_schedule_group": {"State": "ACTIVE"}},
    "dynamodb": {
        "describe_table": {"Table": {"TableStatus": "ACTIVE"}},
        "describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED"}},
        "describe_continuous_backups": {
            "ContinuousBackupsDescription": {
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}
            }
        },
    },
}  # fmt: skip


def refused(code: str, text: str = "no", operation: str = "Operation") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": text}},
        operation,
    )


class _Client:
    def __init__(self, service: str, answers: dict[str, Any], calls: list[str]) -> None:
        self.service, self.answers, self.calls = service, answers, calls

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append(f"{self.service}.{operation} {arguments or ''}".strip())
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call

    def get_paginator(self, _operation: str) -> _Client:
        return self

    def paginate(self, **_call: Any) -> list[dict[str, Any]]:
        return [{"QueueUrls": self.answers.get("queue_urls", [])}]


class World:
    """The stage `prod`. `aws[service][operation]` is a response, an error or a function."""

    def __init__(self) -> None:
        self.aws = copy.deepcopy(HEALTHY)
        self.zone: dict[str, Any] = dict(HEALTHY_ZONE)
        self.outputs = dict(OUTPUTS)
        self.calls: list[str] = []
        self.is_local = False
        self.checkout: Path | None = None

    def client(self, service: str, **_options: Any) -> _Client:
        return _Client(service, self.aws[service], self.calls)

    @property
    def stage(self) -> Stage:
        session = cast("Any", self)
        return Stage(
            "prod", "us-east-1", "AmsdalMail-prod", self.outputs, session, is_local=self.is_local
        )

    @property
    def identity(self) -> dict[str, Any]:
        found: dict[str, Any] = self.aws["sesv2"]["get_email_identity"]
        return found

    @property
    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.aws["sesv2"]["get_account"]
        return found

    def set_variable(self, name: str, value: str) -> None:
        def function(**call: Any) -> dict[str, Any]:
            found = _function(call["FunctionName"])
            found["Environment"]["Variables"][name] = value
            return found

        self.aws["lambda"]["get_function_configuration"] = function

    def set_metric(self, name: str, value: float, statistic: str) -> None:
        def metrics(**call: Any) -> dict[str, Any]:
            point = {"Timestamp": datetime.now(UTC), statistic: value}
            return {"Datapoints": [point] if call["MetricName"] == name else []}

        self.aws["cloudwatch"]["get_metric_statistics"] = metrics

    def findings(self, zone: Zone | None = None, *, broken: bool = False) -> dict[str, Finding]:
        with serving(self.zone if zone is None else zone, broken=broken) as address:
            found = diagnose(self.stage, name_server(address), self.checkout)
        return {finding.check: finding for finding in found}
