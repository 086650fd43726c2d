"""One cold start in this process: `python -m tests.bench.cold_child bare_send|api|queue|...`.

Prints the seconds from before the import to the first response, the CPU seconds, and the peak MB.
"""

from __future__ import annotations

import time

START, START_CPU = time.perf_counter(), time.process_time()

import contextlib  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

__all__ = ["EVENTS", "SAMPLES", "Context"]

EVENTS = Path(__file__).resolve().parents[2] / "events"
SAMPLES = {
    "api": "api/plain.json",
    "queue": "send_email/plain.json",
    "events": "track_events/sqs_raw.json",
}


class Context:
    """The attributes of Lambda's context that Powertools reads."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:function"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


CLIENTS = {"bare_send": ("sesv2", "dynamodb", "sqs"), "bare_track": ("dynamodb", "events")}
"""The clients of a bare function: those of the function that it is compared with."""


def bare(*services: str) -> dict[str, int]:
    """Make the AWS clients that a function needs at least, and return."""
    import boto3

    session: Any = boto3.Session()
    for service in services:
        session.client(service)
    return {"statusCode": 200}


def respond(name: str) -> Any:
    if name in CLIENTS:
        return bare(*CLIENTS[name])
    event = json.loads((EVENTS / SAMPLES[name]).read_text())
    if name == "events":
        from track_events.function import handler as track

        return track(event, Context())  # type: ignore[arg-type]
    from send_email.function import handler as send

    return send(event, Context())  # type: ignore[arg-type]


def main(name: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        response = respond(name)
    wall, cpu = time.perf_counter() - START, time.process_time() - START_CPU
    if response.get("batchItemFailures") or response.get("statusCode", 200) != 200:
        sys.exit(f"{name} failed: {response}")
    print(wall, cpu, peak_megabytes())


def peak_megabytes() -> float:
    """Return the peak of this program alone: getrusage counts its parent's when that is higher."""
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak, "Linux only"
    return int(peak[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1])
