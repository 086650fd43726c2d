"""The stand-in as a process of its own, and the environment of a program that uses only it."""

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
        """Let every answer take so long from now on, some operations their own time."""
        latency = {"": milliseconds, **of_operations}
        self._ask("_latency", {name: one / 1000 for name, one in latency.items()})

    def recorded(self) -> list[tuple[str, dict[str, Any]]]:
        """Give every call since this was last asked."""
        return [(operation, request) for operation, request in self._ask("_recorded", {})]

    def _ask(self, path: str, content: dict[str, Any]) -> Any:
        with urllib.request.urlopen(f"{self.url}/{path}", json.dumps(content).encode()) as answer:
            return json.load(answer)

    @property
    def client_options(self) -> dict[str, Any]:
        """What a boto3 client needs to reach it."""
        return {"region_name": "eu-west-1", "endpoint_url": self.url, **KEYS}

    @property
    def environment(self) -> dict[str, str]:
        """What Lambda and the stack give a function, but for the address of AWS."""
        return {
            "PYTHONPATH": str(REPOSITORY / "lambdas"),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEYS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"],
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "LAMBDA_TASK_ROOT": "/var/task",
            # X-Ray takes one invocation a second and 5 % of the others: this is one of the others.
            "_X_AMZN_TRACE_ID": f"{TRACE};Parent=53995c3f42cd8ad8;Sampled=0",
            "STAGE": "bench",
            "TABLE_NAME": "emails",
            "RETENTION_DAYS": "30",
            "QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/send",
            "EVENT_BUS_NAME": "bus",
            "AWS_SES_CONFIGURATION_SET": "AmsdalMail-bench",
            "AWS_SES_METADATA_PREFIX": "metadata_",
            "MAX_SEND_RATE": "10000",
            "MAX_CONCURRENCY": "2",
            "TIMEOUT_SECONDS": "60",
            "LOST_RESPONSE_SECONDS": "900",
            "POWERTOOLS_SERVICE_NAME": "bench",
            "POWERTOOLS_METRICS_NAMESPACE": "AmsdalMail",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_TRACE_DISABLED": "false",
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
