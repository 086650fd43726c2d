"""MiniStack and the SES simulator, started once for all contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.process.ports import free_port
from local.stack import ministack, ses_simulator
from local.stack.environment import for_local_aws


@pytest.fixture(scope="session")
def ses_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def aws_url(ses_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of MiniStack, which has all services but SES."""
    port = free_port()
    run_dir = tmp_path_factory.mktemp("ministack")
    with ministack.running(port, ses_url=f"http://127.0.0.1:{ses_port}", run_dir=run_dir):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def ses_url(aws_url: str, ses_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the SES simulator."""
    run_dir = tmp_path_factory.mktemp("ses")
    with ses_simulator.running(
        ses_port, aws_endpoint=aws_url, run_dir=run_dir, identities=["example.com"]
    ):
        yield f"http://127.0.0.1:{ses_port}"


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, aws_url: str, ses_url: str) -> None:
    """Set the environment of a program that uses only the local AWS."""
    for name, value in for_local_aws({}, aws_url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", ses_url)
