"""The stub server as a child process, and the environment of a program that uses only it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["REPOSITORY", "Loopback", "running"]

REPOSITORY = Path(__file__).resolve().parents[2]
TRACE = "Root=1-69a16f50-52fdfc072182654f163f5f0f"
KEYS: dict[str, Any] = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}


@dataclass(frozen=True)
class Loopback:
    url: str

    def answer_after(self, milliseconds: float, **of_operations: float) -> None:
        """Set the latency of all operations, and another one of those that are named."""
        latency = {"": milliseconds, **of_operations}
        self._ask("_latency", {name: value / 1000 for name, value in latency.items()})

    def keep_items(self) -> None:
        """Let the table keep its items from now on."""
        self._ask("_keep", {})

    def recorded(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the calls since the last call of this method."""
        return [(operation, request) for operation, request in self._ask("_recorded", {})]

    def _ask(self, path: str, content: dict[str, Any]) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}", json.dumps(content).encode()) as response:
            return json.load(response)

    @property
    def client_options(self) -> dict[str, Any]:
        """The arguments of a boto3 client that reaches the stub."""
        return {"region_name": "eu-west-1", "endpoint_url": self.url, **KEYS}

    @property
    def environment(self) -> dict[str, str]:
        """The environment that Lambda and the stack give a function, but for the address of AWS."""
        return {
            "PYTHONPATH": str(REPOSITORY / "lambdas"),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEYS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"],
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "LAMBDA_TASK_ROOT": "/var/task",
            # X-Ray samples one invocation a second and 5 % of the others: this one is not sampled.
            "_X_AMZN_TRACE_ID": f"{TRACE};Parent=53995c3f42cd8ad8;Sampled=0",
            "STAGE": "bench",
            "TABLE_NAME": "emails",
            "RETENTION_DAYS": "30",
            "QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/send",
            "CONTENT_BUCKET": "bench-contents",
            "ATTACHMENT_BUCKETS": "",
            "BULK_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/bulk",
            "BULK_SHARE": "0.85",
            "EVENT_BUS_NAME": "bus",
            "SUPPRESSION_KEY": "0123456789abcdef0123456789abcdef",
            "AWS_SES_CONFIGURATION_SET": "AmsdalMail-bench",
            "AWS_SES_METADATA_PREFIX": "metadata_",
            "MAX_SEND_RATE": "10000",
            "MAX_CONCURRENCY": "2",
            "TIMEOUT_SECONDS": "60",
            "LOST_RESPONSE_SECONDS": "900",
            "EXPIRING_CONFIGURATION_SET": "",
            "LONGEST_QUEUE_DELAY_SECONDS": "900",
            "SCHEDULE_GROUP": "group",
            "SCHEDULE_QUEUE_ARN": "arn:queue",
            "SCHEDULE_BULK_QUEUE_ARN": "arn:bulk",
            "SCHEDULE_DEAD_LETTER_ARN": "arn:undelivered",
            "SCHEDULE_ROLE_ARN": "arn:role",
            "SES_IDENTITIES": "example.com",
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_METRICS_NAMESPACE": "AmsdalMail",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_TRACE_DISABLED": "true",
            "PYDANTIC_DISABLE_PLUGINS": "true",
        }


@contextmanager
def running() -> Iterator[Loopback]:
    command = [sys.executable, "-m", "tests.bench.stub_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())
        yield Loopback(f"http://127.0.0.1:{port}")
        process.stdin.close()  # it ends with its input
