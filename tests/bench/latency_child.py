"""A warm worker of the send function: `python -m tests.bench.latency_child`.

It prints a line when it is warm. It makes a call for each line that it reads, `sync` or `queued`,
and prints the seconds until SES has accepted the email and the function has responded.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any
from uuid import uuid4

from tests.bench import functions

HAND_OVER = 0.1
"""Seconds for SQS and Lambda to hand over a record: an assumption, there is no SQS here."""
WARM_UP = 20


def sync() -> None:
    functions.handle_send(functions.api_request(uuid4().hex))


def queued() -> None:
    email_id = uuid4().hex
    request = functions.api_request(email_id)
    request["headers"]["prefer"] = "respond-async"
    functions.handle_send(request)
    time.sleep(HAND_OVER)
    functions.handle_send(functions.send_records([email_id]))


CALLS: dict[str, Any] = {"sync": sync, "queued": queued}


def main() -> None:
    for _ in range(WARM_UP):
        for call in CALLS.values():
            call()
    print("warm", flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        CALLS[line.strip()]()
        print(json.dumps(time.perf_counter() - begun), flush=True)


if __name__ == "__main__":
    main()
