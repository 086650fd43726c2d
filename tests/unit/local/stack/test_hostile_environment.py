"""After `source .local/<PORT>/env`, no program of the shell reaches a real account."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local.paths import ROOT
from local.stack.environment import export_lines, for_local_aws, isolated
from tests.unit.local.stack.trap import Server, hostile_environment, serving

PROBE = """
import sys, urllib.request
import boto3
from amsdal_mail import get_connection, send_mail
calls = {"sqs": "list_queues", "sns": "list_topics", "s3": "list_buckets",
         "sts": "get_caller_identity", "dynamodb": "list_tables",
         "lambda": "list_functions", "iam": "list_roles",
         "cloudformation": "list_stacks", "events": "list_rules", "sesv2": "get_account"}
steps = [lambda s=s, c=c: getattr(boto3.client(s), c)() for s, c in calls.items()]
for backend in ("ses", "sqs"):
    steps.append(lambda b=backend: send_mail(
        subject="s", message="m", from_email="a@example.com", recipient_list=["b@example.net"],
        connection=get_connection(b)))
steps.append(lambda: urllib.request.urlopen(sys.argv[1] + "/urllib", timeout=5))
for step in steps:
    try:
        step()
    except Exception as error:
        print(type(error).__name__, error)
"""
CALLED = {
    "sqs", "sns", "s3", "sts", "dynamodb", "lambda", "iam", "cloudformation", "events", "ses",
}  # fmt: skip
SHELLS = [name for name in ("bash", "dash", "zsh") if shutil.which(name)]


@pytest.fixture
def trap() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def local_aws() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def hostile(trap: Server, tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYENV_ROOT") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT / "lambdas")} | hostile_environment(trap.url, tmp_path)


def sourced(tmp_path: Path, local_aws: Server) -> str:
    """Return the command that sources the file of `make local`, twice as people do."""
    variables = for_local_aws({}, local_aws.url) | {
        "AWS_ENDPOINT_URL_SESV2": local_aws.url,
        "AMSDAL_EMAIL_QUEUE_URL": f"{local_aws.url}/000000000000/send",
    }
    file = tmp_path / "env"
    file.write_text(export_lines(variables))
    return f". {file}; . {file}; "


def run(shell: str, script: str, env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [shell, "-euc", script, shell, *arguments],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_the_settings_would_reach_a_real_account(hostile: dict[str, str], trap: Server) -> None:
    """Without the file, the trap sees the calls: the other tests would not pass by themselves."""
    usual = ("PATH", "HOME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    given = {name: hostile[name] for name in (*usual, "AWS_ENDPOINT_URL_STS")}
    code = "import boto3; boto3.client('sts', verify=False).get_caller_identity()"

    output = run(
        "bash", '"$1" -c "$2"', given | {"AWS_CONFIG_FILE": os.devnull}, sys.executable, code
    )

    assert trap.requests, output


@pytest.mark.parametrize("shell", SHELLS)
def test_boto3_and_library_reach_the_local_aws_only(
    shell: str, hostile: dict[str, str], tmp_path: Path, trap: Server, local_aws: Server
) -> None:
    script = sourced(tmp_path, local_aws) + '"$1" -c "$2" "$3"'

    output = run(shell, script, hostile, sys.executable, PROBE, local_aws.url)

    assert trap.requests == []
    assert local_aws.services == CALLED, output
    assert "GET /urllib HTTP/1.1" in local_aws.requests


@pytest.mark.skipif(shutil.which("aws") is None, reason="the AWS CLI is not installed")
def test_the_aws_cli_reaches_the_local_aws_only(
    hostile: dict[str, str], tmp_path: Path, trap: Server, local_aws: Server
) -> None:
    script = sourced(tmp_path, local_aws) + "aws sqs list-queues || true; aws s3 ls || true"
    script += "; bash -c 'aws sqs list-queues' || true"

    output = run("bash", script, hostile)

    assert trap.requests == []
    assert local_aws.services == {"sqs", "s3"}, output


def test_an_alias_of_aws_does_not_break_the_file(tmp_path: Path, local_aws: Server) -> None:
    script = "shopt -s expand_aliases\nalias aws='vault aws'\n" + sourced(tmp_path, local_aws)

    output = run("bash", f"{script}\ntype -t aws; echo $AWS_ACCESS_KEY_ID", {"PATH": os.defpath})

    assert output.split() == ["function", "test"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "localhost,127.0.0.1,::1"),
        ({"NO_PROXY": "a.example"}, "localhost,127.0.0.1,::1,a.example"),
        ({"no_proxy": "b.example"}, "localhost,127.0.0.1,::1,b.example"),
        ({"NO_PROXY": "a,localhost"}, "localhost,127.0.0.1,::1,a"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_hosts_without_a_proxy_are_kept(given: dict[str, str], expected: str) -> None:
    local = for_local_aws(given, "http://localhost:4800")

    assert local["NO_PROXY"] == local["no_proxy"] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["localhost", "127.0.0.1", "::1"]),
        ({"no_proxy": "b.example"}, ["localhost", "127.0.0.1", "::1", "b.example"]),
        ({"NO_PROXY": "a", "no_proxy": "b"}, ["localhost", "127.0.0.1", "::1", "a", "b"]),
        ({"NO_PROXY": "*"}, ["*"]),
    ],
)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_file_keeps_hosts_without_a_proxy(
    shell: str, given: dict[str, str], expected: list[str], tmp_path: Path, local_aws: Server
) -> None:
    script = sourced(tmp_path, local_aws) + 'echo "$NO_PROXY $no_proxy"'

    upper, lower = run(shell, script, {"PATH": os.environ["PATH"], **given}).split()

    assert [name for name in upper.split(",") if name] == expected
    assert lower == upper


def test_a_process_without_a_proxy_gets_no_exceptions_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    with isolated():
        names = [name for name in os.environ if name.lower() == "no_proxy"]

    assert names == []


def test_this_process_keeps_no_setting_within_the_block(
    hostile: dict[str, str], trap: Server, local_aws: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)

    with isolated():
        session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test")
        sqs = session.client("sqs", endpoint_url=local_aws.url, region_name="us-east-1")
        with pytest.raises(sqs.exceptions.ClientError):
            sqs.list_queues()

    assert trap.requests == []
    assert local_aws.services == {"sqs"}
    assert dict(os.environ) == before
