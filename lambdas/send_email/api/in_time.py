"""Responds to HTTP requests in time: API Gateway ends a request after 30 seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from send_email.sending.errors import ExpectedError
from send_email.sending.timeouts import API_SECONDS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

__all__ = ["NoTimeLeftError", "response_deadline", "run_until"]

LONGEST_START = timedelta(seconds=15)
"""How long a cold start may take. The time of an older event is not believed.

Lambda gives the init phase 10 seconds:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""
MARGIN = timedelta(milliseconds=500)
"""The time to write the response before Lambda stops the function."""

T = TypeVar("T")
R = TypeVar("R")


class NoTimeLeftError(ExpectedError):
    """The email was not finished when the response was due. The same request can be repeated."""


def response_deadline(
    event: APIGatewayProxyEventV2, now: datetime, remaining_milliseconds: int
) -> datetime:
    """Return when the response is due.

    API Gateway's 30 seconds begin when the request arrives, before a cold start of the function.
    """
    epoch_milliseconds = event["requestContext"].get("timeEpoch") or 0
    arrived = datetime.fromtimestamp(epoch_milliseconds / 1000, UTC)
    start = arrived if now - LONGEST_START <= arrived <= now else now
    stopped = now + timedelta(milliseconds=remaining_milliseconds)
    return min(start + timedelta(seconds=API_SECONDS), stopped - MARGIN)


def run_until(
    seconds: float, call: Callable[[T], R], items: Sequence[T], threads: int
) -> list[R | NoTimeLeftError]:
    """Call the function with each item, in threads. It must not raise.

    After `seconds`, the result of an unfinished call is a NoTimeLeftError. Lambda freezes its
    thread. A thread that goes on in a later invocation is late for each deadline, so that it
    begins no call to SES.
    """
    pool = ThreadPoolExecutor(min(threads, len(items)), "email")
    futures = [pool.submit(call, item) for item in items]
    done, _ = wait(futures, timeout=max(0.0, seconds))
    pool.shutdown(wait=False, cancel_futures=True)
    return [future.result() if future in done else NoTimeLeftError() for future in futures]
