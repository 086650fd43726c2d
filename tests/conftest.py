"""The stack in a local AWS, deployed once a session for the e2e and browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler.loadscope import LoadScopeScheduling

from local.chaos.run import SHORT_TIMES
from local.stack.local_aws import LocalAWS
from local.terminal.progress import show
from tests.e2e.service import ATTACHMENT_BUCKET, Service

# A busy machine is not a fault of the code: speed is measured in tests/bench.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


FIRST = ("the stack", "stacks of their own", "tests/infra/", "tests/contract/")
"""What begins first, in this order: the longest, which the shorter files then fill up."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """One process runs all tests of the deployed stack, and one those with stacks of their own.

    Both wait for the local AWS most of the time. The others take the rest, file by file.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith("tests/e2e/own_stack/"):
            return "stacks of their own"
        return "the stack" if file.startswith(("tests/browser/", "tests/e2e/")) else file

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=place), last=False)
        super()._assign_work_unit(node)


def place(scope: str) -> int:
    """Return the place of a scope in the order of FIRST."""
    starts = (number for number, start in enumerate(FIRST) if scope.startswith(start))
    return next(starts, len(FIRST))


@pytest.hookimpl(optionalhook=True)  # -p no:xdist leaves it out
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Return the scheduler for xdist, when there are several processes."""
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def local_aws(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAWS]:
    """The running local AWS on free ports, deployed once by the real CDK command line.

    Its steps are printed as they happen: the first test that needs it waits some 15 seconds.
    """
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def show_at_once(text: str, *, end: str = "\n") -> None:
        with capture.global_and_fixture_disabled():
            show(text, end=end)

    show_at_once("\nThe stack for the end-to-end and browser tests:")
    run_dir = tmp_path_factory.mktemp("aws") / "run"
    # With the times of the chaos run: a wait of a quarter of an hour on AWS takes seconds here.
    kept = {"attachment_buckets": ATTACHMENT_BUCKET, "content_retention_days": "7"}
    settings = SHORT_TIMES | kept
    with LocalAWS(run_dir, output=show_at_once, settings=settings) as aws:
        yield aws


@pytest.fixture(scope="session")
def service(local_aws: LocalAWS) -> Service:
    """The deployed service."""
    return Service(local_aws)
