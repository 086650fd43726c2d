"""Sends large emails in this process: `python -m tests.bench.heavy_child files|request <emails>`.

Prints the MB by which the peak of memory grows above that of a small email, and the seconds. The
process has the memory of a function: 512 MB.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.cold_child import peak_megabytes
from tests.bench.functions import handle_send, send_records
from tests.bench.stub_responses import LARGE_FILE_SIZE, object_etag

__all__ = ["MEMORY_MB"]

MEMORY_MB = 512
BUCKET = "bench-contents"


def records(kind: str, emails: int) -> dict[str, Any]:
    event: dict[str, Any] = send_records([f"large-{number:026d}" for number in range(emails)])
    for record in event["Records"]:
        request = json.loads(record["body"])
        if kind == "files":
            file = {"filename": "report.bin", "mimetype": "application/octet-stream"}
            file |= {"s3_uri": f"s3://{BUCKET}/queued/file", "s3_etag": object_etag("file")}
            record["body"] = json.dumps(request | {"attachments": [file]})
        else:
            size = LARGE_FILE_SIZE * 4 // 3
            content = {"key": "queued/request", "size": size, "etag": object_etag("request")}
            key = request["idempotency_key"]
            record["body"] = json.dumps({"stored_request": content, "idempotency_key": key})
    return event


def main(kind: str, emails: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MB * 2**20,) * 2)
    handle_send(send_records(["small".ljust(32, "0")]))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again
    before, start = peak_megabytes(), time.perf_counter()
    handle_send(records(kind, emails))
    print(peak_megabytes() - before, time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
