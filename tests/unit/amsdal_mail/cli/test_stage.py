"""Finding a stage: by its stack on AWS, or by the files of a local AWS."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from amsdal_mail.cli.local_stage import find_local_stage, read_exports
from amsdal_mail.cli.stack import StageError
from amsdal_mail.cli.stage import find_stage
from tests.unit.amsdal_mail.cli.fake_http import Received, Reply, serving

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
STACK = """<DescribeStacksResponse xmlns="{ns}"><DescribeStacksResult><Stacks><member>
<StackName>{name}</StackName><StackStatus>{status}</StackStatus>
<CreationTime>2026-11-01T00:00:00Z</CreationTime><Outputs>{outputs}</Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
ERROR = """<ErrorResponse xmlns="{ns}"><Error><Type>Sender</Type><Code>{code}</Code>
<Message>{message}</Message></Error></ErrorResponse>"""
SUMMARY = """<member><StackName>{}</StackName><StackStatus>{}</StackStatus>
<CreationTime>2026-11-01T00:00:00Z</CreationTime></member>"""
LIST = """<ListStacksResponse xmlns="{ns}"><ListStacksResult><StackSummaries>{stacks}
</StackSummaries></ListStacksResult></ListStacksResponse>"""


@dataclass
class CloudFormation:
    """Answers DescribeStacks and ListStacks."""

    stacks: dict[str, dict[str, str]] = field(default_factory=dict)
    listed: dict[str, str] = field(default_factory=dict)
    status: str = "CREATE_COMPLETE"
    error: tuple[int, str, str] | None = None
    url: str = ""

    def answer(self, request: Received) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if self.error:
            status, code, message = self.error
            return _xml(status, ERROR, code=code, message=message)
        if form["Action"] == "ListStacks":
            stacks = "".join(SUMMARY.format(*each) for each in self.listed.items())
            return _xml(200, LIST, stacks=stacks)
        name = form["StackName"]
        if name not in self.stacks:
            message = f"Stack with id {name} does not exist"
            return _xml(400, ERROR, code="ValidationError", message=message)
        outputs = "".join(OUTPUT.format(*each) for each in self.stacks[name].items())
        return _xml(200, STACK, name=name, status=self.status, outputs=outputs)


def _xml(code: int, template: str, /, **values: str) -> Reply:
    return Reply(code, template.format(ns=NAMESPACE, **values).encode())


@contextmanager
def running_cloudformation() -> Iterator[CloudFormation]:
    fake = CloudFormation()
    with serving(fake.answer) as server:
        fake.url = server.url
        yield fake


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudFormation]:
    """CloudFormation of the account, and keys for it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with running_cloudformation() as fake:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", fake.url)
        yield fake


def test_stage_has_the_outputs_of_its_stack(cloudformation: CloudFormation) -> None:
    cloudformation.stacks["AmsdalMail-prod"] = {"ApiUrl": "https://api", "ApiId": "abc"}

    stage = find_stage("prod", region="eu-west-1")

    assert (stage.name, stage.region, stage.stack_name) == ("prod", "eu-west-1", "AmsdalMail-prod")
    assert stage.outputs == {"ApiUrl": "https://api", "ApiId": "abc"}
    assert (stage.is_local, stage.endpoint_url) == (False, None)
    assert "secret" not in repr(stage)
    assert stage.client("sqs", "us-east-1").meta.region_name == "us-east-1"


def test_region_of_the_cdk_is_read(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudformation.stacks["AmsdalMail-prod"] = {"ApiUrl": "u"}
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    assert find_stage("prod").region == "eu-central-1"


def test_unknown_stage_names_the_others(cloudformation: CloudFormation) -> None:
    cloudformation.listed = {
        "AmsdalMail-prod": "UPDATE_COMPLETE",
        "AmsdalMail-old": "DELETE_COMPLETE",
        "Other": "CREATE_COMPLETE",
        "AmsdalMail-dev": "CREATE_COMPLETE",
    }

    with pytest.raises(StageError) as caught:
        find_stage("pord", region="eu-west-1")

    assert caught.value.message == (
        "There is no stage pord in eu-west-1: no stack AmsdalMail-pord."
    )
    assert caught.value.cure.startswith("The stages here: dev, prod.")


def test_region_without_a_stage_says_so(cloudformation: CloudFormation) -> None:
    with pytest.raises(StageError) as caught:
        find_stage("prod", region="eu-west-1")

    assert "has none" in caught.value.cure


def test_stack_that_is_not_complete_says_its_state(cloudformation: CloudFormation) -> None:
    cloudformation.stacks["AmsdalMail-prod"] = {}
    cloudformation.status = "ROLLBACK_COMPLETE"

    with pytest.raises(StageError, match="its state is ROLLBACK_COMPLETE"):
        find_stage("prod", region="eu-west-1")


def test_output_of_a_later_version_is_asked_for(cloudformation: CloudFormation) -> None:
    cloudformation.stacks["AmsdalMail-prod"] = {"TableName": "t"}

    with pytest.raises(StageError) as caught:
        find_stage("prod", region="eu-west-1").output("ApiUrl")

    assert "deploy the stage again" in caught.value.cure


@pytest.mark.parametrize("name", ["", "Prod", "a b", "x" * 21, "../x", "ärger", "prod\n", "-a"])
def test_name_that_no_stage_has_is_refused(name: str) -> None:
    with pytest.raises(StageError, match="lower-case letters") as caught:
        find_stage(name, region="eu-west-1")

    assert caught.value.exit_code == 2


@pytest.mark.parametrize("region", ["Ireland", "eu west", "a/b", "eu-west-1.evil.example"])
def test_what_is_no_region_is_refused(region: str) -> None:
    with pytest.raises(StageError, match="region"):
        find_stage("prod", region=region)


EXPORTS = """# No setting of this shell may lead a program to a real account.
aws() {{
}}
export AWS_ENDPOINT_URL={url}
export AWS_ENDPOINT_URL_SESV2=http://localhost:4801
export AWS_ACCESS_KEY_ID=test
export AWS_SECRET_ACCESS_KEY=test
export AWS_REGION=us-east-1
export API_URL='http://localhost:4800/_aws/execute-api/abc/$default'
"""


def local_aws(folder: Path, port: str, url: str) -> None:
    (folder / port).mkdir(parents=True)
    (folder / port / "env").write_text(EXPORTS.format(url=url))


@pytest.fixture
def running() -> Iterator[CloudFormation]:
    """The endpoint of a local AWS, with its stack."""
    with running_cloudformation() as fake:
        fake.stacks["AmsdalMail-dev"] = {"ApiUrl": "https://unreachable", "ApiId": "abc"}
        yield fake


def test_local_stage_is_found_by_its_file(
    running: CloudFormation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_aws(tmp_path, "4800", running.url)
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY")

    stage = find_local_stage("local", [tmp_path])

    assert (stage.name, stage.region, stage.is_local) == ("local:4800", "us-east-1", True)
    assert stage.outputs["ApiUrl"] == "http://localhost:4800/_aws/execute-api/abc/$default"
    assert stage.client("sesv2").meta.endpoint_url == "http://localhost:4801"
    assert stage.client("sqs").meta.endpoint_url == running.url
    credentials = stage.session.get_credentials()
    assert credentials is not None
    assert credentials.access_key == "test"


def test_local_stage_that_does_not_run_says_make_local(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        local_aws(tmp_path, "4800", f"http://127.0.0.1:{unused.getsockname()[1]}")

        with pytest.raises(StageError) as caught:
            find_local_stage("local", [tmp_path])

    assert (caught.value.message, caught.value.cure) == (
        "No local AWS runs.",
        "Start it: make local",
    )


def test_several_local_stages_are_told_apart(running: CloudFormation, tmp_path: Path) -> None:
    local_aws(tmp_path, "4800", running.url)
    local_aws(tmp_path, "4900", running.url)

    with pytest.raises(StageError) as caught:
        find_local_stage("local", [tmp_path])

    assert caught.value.cure == "Choose one: --stage local:4800 or --stage local:4900"
    assert find_local_stage("local:4900", [tmp_path]).name == "local:4900"


def test_local_stage_on_another_port_is_not_found(running: CloudFormation, tmp_path: Path) -> None:
    local_aws(tmp_path, "4800", running.url)

    with pytest.raises(StageError, match="No local AWS runs on port 5000"):
        find_local_stage("local:5000", [tmp_path])


@pytest.mark.parametrize("url", ["http://example.com:80", "http://169.254.169.254:80", "x", ""])
def test_file_that_names_another_machine_is_left_out(url: str, tmp_path: Path) -> None:
    local_aws(tmp_path, "4800", url)

    with pytest.raises(StageError, match="No local AWS runs"):
        find_local_stage("local", [tmp_path])


@pytest.mark.parametrize(
    "name", ["local:", "local:x", "local:../x", "local:\N{FULLWIDTH DIGIT FOUR}800"]
)
def test_port_of_a_local_stage_is_a_number(name: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="needs a port") as caught:
        find_local_stage(name, [tmp_path])

    assert caught.value.exit_code == 2


def test_exports_are_read_as_a_shell_reads_them() -> None:
    text = "export A='b c'\nexport B=\"x\nunset C\nexport D=\nexport E='it'\"'\"'s'\n"

    assert read_exports(text) == {"A": "b c", "D": "", "E": "it's"}
