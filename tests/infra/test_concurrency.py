"""The concurrency of the event sources, from the send rate."""

from pathlib import Path

import pytest

from infra.concurrency import queue_concurrency
from tests.infra.synthesis import SynthesisedStack, synthesise


@pytest.mark.parametrize(
    ("rate", "concurrency"),
    [(0.1, 2), (1, 2), (14, 2), (20, 2), (20.5, 3), (100, 10), (500, 50), (10_000, 100)],
)
def test_concurrency_grows_with_the_rate_within_bounds(rate: float, concurrency: int) -> None:
    assert queue_concurrency(rate) == concurrency


def test_the_function_is_told_the_rate_and_the_concurrency_of_its_queue(tmp_path: Path) -> None:
    stack = synthesise(tmp_path, max_send_rate=100.0)

    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")
    _, mapping = stack.find("AWS::Lambda::EventSourceMapping", "SendEmailFunction")

    told = function["Environment"]["Variables"]
    assert told["MAX_SEND_RATE"] == "100.0"
    assert told["MAX_CONCURRENCY"] == str(mapping["ScalingConfig"]["MaximumConcurrency"]) == "10"


def test_an_email_may_go_back_on_the_queue_more_than_sixteen_times(
    stack: SynthesisedStack,
) -> None:
    _, function = stack.find("AWS::Lambda::Function", "SendEmailFunction")

    assert function["RecursiveLoop"] == "Allow"
