"""Finds the line in which a function says why a record failed."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.dead_letters.reasons import Reason, reason_of_line

if TYPE_CHECKING:
    from amsdal_mail.cli.stage import Stage

__all__ = ["FunctionLog"]

SEARCHED = timedelta(hours=6)
"""Ten attempts take an hour after the first one: each hides the record for six minutes."""
SKEW = timedelta(minutes=1)
SECONDS = 20.0
"""How long all searches of a command take together."""
PAGES = 10
"""A page may be empty: CloudWatch Logs looks through a part of the log for each.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""


class FunctionLog:
    """The log of one function of the stage.

    Raises:
        ClientError, BotoCoreError: AWS refuses a call, or cannot be reached.
    """

    def __init__(self, stage: Stage, function_name: str, seconds: float = SECONDS) -> None:
        function = stage.client("lambda").get_function_configuration(FunctionName=function_name)
        logging = function.get("LoggingConfig") or {}
        self.group = logging.get("LogGroup") or f"/aws/lambda/{function_name}"
        self._logs = stage.client("logs")
        self._deadline = time.monotonic() + seconds

    def why(self, message_id: str, sent_at: datetime) -> Reason:
        """Return what the log says about a record in the six hours after it was queued.

        The newest of its failures counts. The search is bounded: ten pages, and 20 seconds for all
        records together.
        """
        call: dict[str, Any] = {
            "logGroupName": self.group,
            "filterPattern": f'"{message_id}"',
            "startTime": _milliseconds(sent_at - SKEW),
            "endTime": _milliseconds(min(sent_at + SEARCHED, datetime.now(UTC) + SKEW)),
        }
        found: Reason | None = None
        for _page in range(PAGES):
            if time.monotonic() > self._deadline:
                return found or Reason("log", "not searched: it took too long")
            page = self._logs.filter_log_events(**call)
            for event in page.get("events", []):
                found = reason_of_line(event.get("message", "")) or found
            if not page.get("nextToken"):
                break
            call["nextToken"] = page["nextToken"]
        else:
            if found is None:
                return Reason("log", f"no line in the first {PAGES} pages of {self.group}")
        return found or Reason(
            "log",
            "no line names the record: the function may have run out of time or memory, or was"
            " throttled",
        )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
