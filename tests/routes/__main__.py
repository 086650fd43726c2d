"""Prints how long the five routes through the code are: `python -m tests.routes [-v]`.

A route is one email or event, from the entry function to its response. AWS is a fake, imports and
clients are made before. Counted are the files of lambdas that are entered, the calls of their
functions, and the returns: how often a file is entered again after another one was.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.bench.cold_child import Context
from tests.bench.loopback import REPOSITORY, Loopback
from tests.routes.fake_aws import FakeAWS
from tests.routes.trace import Route, traced
from tests.sample_events import load

LAMBDAS = REPOSITORY / "lambdas"
POSTED = "order-1234-confirmation"
"""The id of the email that the sample request sends, and the sample GET reads."""
TITLE = ("route", "files", "calls", "returns", "aim")


@dataclass(frozen=True)
class Aim:
    """One of the five routes, and how many files it may enter."""

    name: str
    run: Callable[[], None]
    files: int
    before: Callable[[], object] = lambda: None
    """Fills the empty table."""


def library() -> Callable[[], None]:
    from amsdal_mail import get_connection, send_mail

    connection = get_connection("ses")

    def send() -> None:
        send_mail(
            "Hello", "Hello Ann", "shop@example.com", ["ann@example.net"], connection=connection
        ).raise_for_status()

    return send


def invocation(function: str, event: Any) -> Callable[[], None]:
    """Return a call of the handler that AWS Lambda calls, checked to succeed."""
    handler: Any = __import__(f"{function}.function", fromlist=["handler"]).handler

    def invoke() -> None:
        response = handler(event, Context())
        if response.get("batchItemFailures") or response.get("statusCode", 200) >= 300:
            raise AssertionError(f"{function} failed: {response}")

    return invoke


def aims() -> list[Aim]:
    """Return the five routes."""
    post = invocation("send_email", load("api/plain"))
    record = invocation("send_email", load("send_email/plain"))
    get = invocation("send_email", load("api/get_email"))
    tracked = json.dumps(load("track_events/sqs_raw")).replace("order-1003", POSTED)
    event_of_post = invocation("track_events", json.loads(tracked))
    return [
        Aim("send_mail, SES, SendStatus", library(), 12),
        Aim("POST /emails, response", post, 24),
        Aim("SQS record, batch response", record, 22),
        Aim("SES event, store, bus", event_of_post, 22, before=post),
        Aim("GET /emails/{id}", get, 14, before=lambda: (post(), event_of_post())),
    ]


def trace(aim: Aim, aws: FakeAWS) -> Route:
    """Return the second of two runs: the first one imports what is imported late."""
    for run in (aim.run, aim.run):
        aws.forget()
        aim.before()
        route = traced(LAMBDAS, run)
    return route


def main() -> int:
    """Print the table; return 1 when a route misses its aim."""
    parser = argparse.ArgumentParser("python -m tests.routes", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="print the files in order")
    arguments = parser.parse_args()
    os.environ.update(Loopback("http://127.0.0.1:9").environment)
    aws = FakeAWS()
    aws.install()
    with contextlib.redirect_stdout(io.StringIO()):  # the functions' log
        routes = [(aim, trace(aim, aws)) for aim in aims()]

    print("{:28}{:>7}{:>7}{:>9}{:>7}".format(*TITLE))
    missed = 0
    for aim, route in routes:
        is_met = len(route.files) <= aim.files
        missed += not is_met
        print(
            f"{aim.name:28}{len(route.files):7}{route.calls:7}{route.returns:9}"
            f"  <= {aim.files}{'' if is_met else '  missed'}"
        )
        if arguments.verbose:
            print(*(f"    {step}" for step in route.steps), sep="\n")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
