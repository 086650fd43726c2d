"""The frame: shared options, help, completion, exit codes, pipes and the missing extra."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import amsdal_mail
from amsdal_mail.cli.__main__ import EXTRA, run
from amsdal_mail.cli.app import build_command, complete_profile, complete_stage
from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.stack import Stage
from tests.docs.pages import ROOT
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI, view

PROGRAM = (sys.executable, "-m", "amsdal_mail.cli")
SOURCE = {"PYTHONPATH": str(Path(amsdal_mail.__file__).parents[1])}
"""For an environment in which the packages are not installed."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--stage", "qa", "--profile", "p", "--region", "eu-west-3", "--json", "show", "order-1"),
        ("show", "order-1", "--stage", "qa", "--profile", "p", "--region", "eu-west-3", "--json"),
        ("--stage", "qa", "show", "--json", "--profile=p", "order-1", "--region=eu-west-3"),
        ("--stage", "dev", "show", "--json", "order-1", "--profile=p", "--region=eu-west-3",
         "--stage", "qa"),
    ],
)  # fmt: skip
def test_shared_options_stand_before_or_after_the_command(
    arguments: tuple[str, ...],
    api: FakeAPI,
    stage: Stage,
    invocation: Invocation,
    amsdal_mail: RunCommand,
) -> None:
    asked = []

    def find(*options: str | None) -> Stage:
        asked.append(options)
        return stage

    invocation.find = find
    api.reply(view())

    done = amsdal_mail(*arguments)

    assert done.json == view()
    assert asked == [("qa", "p", "eu-west-3")]


@pytest.mark.parametrize(("arguments", "name"), [((), "prod"), (("--stage", "qa"), "qa")])
def test_stage_of_the_environment_is_the_default(
    arguments: tuple[str, ...],
    name: str,
    stage: Stage,
    api: FakeAPI,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMSDAL_MAIL_STAGE", "prod")
    asked = []

    def find(name: str, _profile: str | None, _region: str | None) -> Stage:
        asked.append(name)
        return stage

    api.reply(view())

    assert run([*arguments, "show", "order-1"], Invocation(find=find)) == 0
    assert asked == [name]


def test_value_that_looks_like_an_option_stays_a_value(
    api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    api.reply({"email_id": "k", "state": "accepted", "is_success": True, "recipients": []})

    done = amsdal_mail("send", "--subject", "--stage", "--text", "--json")

    assert (done.code, done.out.splitlines()[0]) == (0, "k  accepted")
    assert api.calls[0].body == {"subject": "--stage", "body": "--json"}


def test_version_is_that_of_the_package(amsdal_mail: RunCommand) -> None:
    done = amsdal_mail("--version")

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    try:
        metadata.version("amsdal_mail")
    except metadata.PackageNotFoundError:
        version = "(not installed)"
    assert (done.code, done.out) == (0, f"amsdal-mail {version}\n")


def test_no_command_shows_the_help(amsdal_mail: RunCommand) -> None:
    done = amsdal_mail()

    assert done.code == 2
    assert "Exit codes: 0 done" in " ".join((done.out + done.err).split())
    assert "Error" not in done.err


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    children = getattr(command, "commands", {})
    if path:
        yield path
    for name, child in children.items():
        yield from _commands(child, (*path, name))


COMMANDS = sorted(_commands(build_command()))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_of_each_command_has_examples(
    path: tuple[str, ...], amsdal_mail: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERMINAL_WIDTH", "200")

    done = amsdal_mail(*path, "--help")

    assert done.code == 0
    assert f"amsdal-mail {path[0]}" in done.out.partition("Examples:")[2]
    assert "--stage" in done.out


def test_commands_of_the_contract_are_there() -> None:
    names = {path[0] for path in COMMANDS}

    assert names >= {
        "send", "find", "show", "tail", "content", "resend", "cancel", "reschedule",
        "suppressions", "erase", "metrics",
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [("--json", "nonsense"), ("find", "--json", "--limit", "x"), ("show", "--json")]
)
def test_wrong_usage_is_json_on_standard_error(
    arguments: tuple[str, ...], amsdal_mail: RunCommand
) -> None:
    done = amsdal_mail(*arguments)

    assert (done.code, done.out) == (2, "")
    assert done.error["message"]
    assert done.error["cure"].startswith("See amsdal-mail")


def test_json_of_one_run_does_not_reach_the_next(amsdal_mail: RunCommand) -> None:
    amsdal_mail("--json", "nonsense")

    assert amsdal_mail("nonsense").err.startswith("Error: ")


def test_bug_is_not_hidden(invocation: Invocation) -> None:
    def find(*_: object) -> Stage:
        raise ZeroDivisionError

    invocation.find = find

    with pytest.raises(ZeroDivisionError):
        run(["find"], invocation)


def test_completion_knows_the_stages_of_cdk_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages: dict[str, object] = {"prod": {}, "qa": {}}
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"stages": stages}}))
    monkeypatch.chdir(tmp_path)

    assert complete_stage() == ["dev", "local", "prod", "qa"]


@pytest.mark.parametrize("text", ["", "[]", '{"context": []}', '{"context": {"stages": 5}}'])
def test_completion_survives_any_cdk_json(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cdk.json").write_text(text)
    monkeypatch.chdir(tmp_path)

    assert complete_stage() == ["dev", "local"]


def test_completion_knows_the_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\n[profile ops]\n[sso-session x]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert complete_profile() == ["default", "ops"]

    config.write_text("no section")
    assert complete_profile() == []


def _program(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=os.environ | SOURCE | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_shell_completes_commands() -> None:
    done = _program(
        _AMSDAL_MAIL_COMPLETE="complete_bash", COMP_WORDS="amsdal-mail sup", COMP_CWORD="1"
    )

    assert (done.stdout.split(), done.stderr) == (["suppressions"], "")


def test_program_exits_with_the_code() -> None:
    done = _program("show", "a/b")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ID must be")


def test_closed_pipe_is_no_traceback() -> None:
    command = f"({shlex.join(PROGRAM)} --help; echo $? >&2) | true"
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | SOURCE,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stderr.split() == ["0"]


@pytest.mark.parametrize("missing", sorted(EXTRA & {"typer", "rich", "boto3", "botocore"}))
def test_missing_extra_is_one_line(missing: str) -> None:
    code = (
        "import sys; from amsdal_mail.cli.__main__ import run\n"
        f"sys.modules[{missing!r}] = None\n"
        "sys.exit(run(['--region', 'eu-west-1', 'find']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | SOURCE,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "amsdal-mail needs packages that are not installed:"
        ' pip install "amsdal_mail[cli] @ file:///path/to/the/repository"\n'
    )
