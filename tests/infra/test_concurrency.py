"""The concurrency of the event sources, derived from the send rate."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.concurrency import queue_concurrency
from tests.infra.synthesis import SynthesisedStack, synthesise, target


@pytest.mark.parametrize(
    ("rate", "concurrency"),
    [(0.1, 2), (1, 2), (14, 2), (20, 2), (20.5, 3), (100, 10), (500, 50), (10_000, 100)],
)
def test_concurrency_follows_the_rate_within_limits(rate: float, concurrency: int) -> None:
    assert queue_concurrency(rate) == concurrency


def test_function_gets_the_rate_and_its_concurrency(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, max_send_rate=100.0)

    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    concurrencies = [
        mapping["ScalingConfig"]["MaximumConcurrency"]
        for name, mapping in stack.of_type("AWS::Lambda::EventSourceMapping").items()
        if name.startswith("SendEmailFunction")
    ]

    environment = function["Environment"]["Variables"]
    assert environment["MAX_SEND_RATE"] == "100.0"
    assert environment["MAX_CONCURRENCY"] == "10"
    assert concurrencies == [10, 10]


def test_send_function_may_retry_more_than_sixteen_times(
    stack: SynthesisedStack,
) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")

    assert function["RecursiveLoop"] == "Allow"


def test_max_concurrency_governs_sending_only(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, max_send_rate=100.0, max_concurrency=3)

    limits = {
        target(mapping["FunctionName"]).split("Function")[0]: mapping["ScalingConfig"]
        for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values()
    }

    assert limits == {
        "SendEmail": {"MaximumConcurrency": 3},
        "TrackEvents": {"MaximumConcurrency": 10},
    }
