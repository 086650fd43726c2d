"""The command line in this process, against a fake API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.service import Service
from amsdal_mail.cli.stack import Stage
from tests.unit.amsdal_mail.cli.fake_api import (
    ACCESS_KEY,
    REGION,
    SECRET_KEY,
    FakeAPI,
    running_api,
)


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


RunCommand = Callable[..., Result]


@pytest.fixture(autouse=True)
def _no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the machine out: no profile, no keys, no proxy, no width."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AMSDAL_MAIL_STAGE",
                 "AMSDAL_MAIL_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "COLUMNS",
                 "AWS_ENDPOINT_URL", "FORCE_COLOR"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def api() -> Iterator[FakeAPI]:
    """The API of the stage."""
    with running_api() as fake:
        yield fake


@pytest.fixture
def stage(api: FakeAPI) -> Stage:
    """A stage whose API is the fake one."""
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    outputs = {"ApiUrl": api.url, "ApiId": "abc123"}
    return Stage("prod", REGION, "AmsdalMail-prod", outputs, session)


@pytest.fixture
def waits() -> list[float]:
    """The seconds that commands waited."""
    return []


@pytest.fixture
def invocation(stage: Stage, waits: list[float]) -> Invocation:
    """An invocation that finds the stage, and never sleeps."""
    return Invocation(
        find=lambda _name, _profile, _region: stage,
        connect=lambda found: Service(found, sleep=waits.append),
        sleep=waits.append,
    )


@pytest.fixture
def amsdal_mail(invocation: Invocation, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Run a command; return its result."""

    def run_command(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments, invocation)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run_command
