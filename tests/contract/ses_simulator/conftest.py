"""A simulator process per module, reset before each test, and a simulator with a local AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import ROOT
from local.process import child
from local.process.ports import LOOPBACK, free_port
from local.stack import ministack, ses_simulator
from tests.contract.ses_simulator.deployed import Deployed
from tests.contract.ses_simulator.running import Simulator


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    port, log = free_port(), tmp_path_factory.mktemp("ses") / "ses.log"
    command = [sys.executable, "-m", "local.ses", "--port", str(port), "--event-delay-ms", "1"]
    command += ["--configuration-set", "set", "--identity", "example.com"]
    started = child.start(command, log=log, env=dict(os.environ), cwd=ROOT)
    try:
        url = f"http://{LOOPBACK}:{port}"
        child.wait_until_ready(started, f"{url}/_local/health", name="the simulator", log=log)
        yield Simulator(url)
    finally:
        child.stop(started)
    assert "Traceback" not in Path(log).read_text()


@pytest.fixture(name="simulator")
def reset_simulator(process: Simulator) -> Simulator:
    process.control("POST", "/reset")
    return process


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    port, ses_port, run_dir = free_port(), free_port(), tmp_path_factory.mktemp("deployed")
    endpoint, ses_url = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{ses_port}"
    with (
        ministack.running(port, ses_url=ses_url, run_dir=run_dir),
        ses_simulator.running(
            ses_port, aws_endpoint=endpoint, run_dir=run_dir, identities=["example.com"]
        ),
    ):
        yield Deployed(endpoint, Simulator(ses_url))
