"""Errors of AWS, of the SDK and of the API: a line that says why, and one that helps."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.service import Service, ServiceError
from amsdal_mail.cli.stack import Stage
from tests.unit.amsdal_mail.cli.conftest import RunCommand
from tests.unit.amsdal_mail.cli.fake_api import FakeAPI
from tests.unit.amsdal_mail.cli.fake_http import Reply
from tests.unit.amsdal_mail.cli.test_stage import CloudFormation, cloudformation

__all__ = ["cloudformation"]

USER = "User: arn:aws:iam::1:user/x is not authorized"
FIND = ("find", "--stage", "prod", "--region", "eu-west-1")


def lines_of(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> tuple[str, ...]:
    """Run a command without a fake in between; return the lines on standard error."""
    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert (out, "Traceback" in err) == ("", False)
    return tuple(err.splitlines())


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK repeat a call at once."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize(
    ("error", "message", "cure"),
    [
        (
            (403, "AccessDenied", f"{USER} to perform: cloudformation:DescribeStacks on resource"),
            f"AWS denied access: {USER}",
            "Ask for the permission cloudformation:DescribeStacks",
        ),
        ((403, "AccessDenied", "no"), "AWS denied access: no", "the permission DescribeStacks"),
        ((403, "ExpiredToken", "x"), "The AWS credentials have expired.", "aws sso login"),
        ((403, "InvalidClientTokenId", "x"), "AWS does not know the credentials.",
         "aws sts get-caller-identity"),
        ((400, "Throttling", "Rate exceeded"), "AWS throttled the call DescribeStacks.",
         "Try again later."),
        ((400, "Strange", "what"), "AWS refused DescribeStacks: what", ""),
    ],
)  # fmt: skip
def test_refusal_of_aws_is_explained(
    error: tuple[int, str, str],
    message: str,
    cure: str,
    cloudformation: CloudFormation,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cloudformation.error = error

    first, *rest = lines_of(capsys, *FIND)

    assert first.startswith(f"Error: {message}")
    assert cure in "".join(rest)


def test_missing_credentials_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, *FIND) == (
        "Error: AWS needs credentials, and none were found.",
        "Name a profile with --profile, or sign in: aws sso login",
    )


def test_missing_region_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    first, cure = lines_of(capsys, "find", "--stage", "prod")

    assert first == "Error: No AWS region is set."
    assert "--region eu-west-1" in cure


def test_unknown_profile_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    first, cure = lines_of(capsys, *FIND, "--profile", "nobody")

    assert first == "Error: The config profile (nobody) could not be found."
    assert "aws configure list-profiles" in cure


@pytest.mark.parametrize("command", ["find", "suppressions list", "show x", "metrics"])
def test_expired_sso_session_names_the_profile(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    config = tmp_path / "config"
    config.write_text(
        "[profile ops]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Ops\n"
        "region = eu-west-1\n[sso-session corp]\nsso_region = eu-west-1\n"
        "sso_start_url = https://example.awsapps.com/start\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))

    assert lines_of(capsys, *command.split(), "--profile", "ops") == (
        "Error: The sign-in to AWS (SSO) is missing or has expired.",
        "Sign in: aws sso login --profile ops",
    )


def test_broken_config_file_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    config.write_text("no section\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    (line,) = lines_of(capsys, *FIND)

    assert "Unable to parse config file" in line


@pytest.mark.usefixtures("_no_pauses")
def test_endpoint_that_nobody_serves_is_explained(
    cloudformation: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://127.0.0.1:1")

    first, cure = lines_of(capsys, *FIND)

    assert first.startswith("Error: AWS does not answer: ")
    assert cure == "Check the network, the proxy and the region."


def test_aws_error_with_json_has_the_code(
    cloudformation: CloudFormation, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudformation.error = (403, "ExpiredToken", "x")

    (line,) = lines_of(capsys, *FIND, "--json")

    assert '"code": "ExpiredToken"' in line


@pytest.mark.parametrize(
    ("status", "message", "cure"),
    [
        (401, "Unauthorized", "AMSDAL_MAIL_TOKEN"),
        (403, "Forbidden", "execute-api:Invoke for GET /emails/order-1 of the API abc123"),
        (403, "The security token included in the request is expired", "aws sso login"),
        (404, "Not Found", "deploy it again"),
        (404, "Email not found.", ""),
        (429, "Too Many Requests", "throttled"),
        (500, "Internal Server Error", "The log of the send function"),
        (503, "Service Unavailable", "Try again."),
        (599, "x", ""),
    ],
)
def test_refusal_of_the_api_is_explained(
    status: int, message: str, cure: str, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    api.reply({"message": message}, status=status)

    done = amsdal_mail("show", "order-1")

    first, *rest = done.err.splitlines()
    assert (done.code, done.out, first) == (1, "", f"Error: {message}")
    assert cure in "".join(rest)
    assert bool(cure) == bool(rest)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"\xff", b'"text"', b"{}"])
@pytest.mark.parametrize("status", [200, 409, 502])
def test_answer_without_a_known_document_is_an_error(
    status: int, body: bytes, api: FakeAPI, amsdal_mail: RunCommand
) -> None:
    api.replies.append(Reply(status, body))

    done = amsdal_mail("show", "order-1")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"Error: The API answered {status}")


def test_wrong_keys_are_refused(api: FakeAPI, stage: Stage) -> None:
    from dataclasses import replace

    import boto3

    other = boto3.Session("AKIDEXAMPLE", "another", region_name="eu-west-1")

    with pytest.raises(ServiceError) as caught:
        Service(replace(stage, session=other)).show("order-1")

    assert caught.value.status == 403
    assert api.calls == []


def test_token_of_the_environment_is_sent(
    api: FakeAPI, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMSDAL_MAIL_TOKEN", "header.payload.signature")

    with pytest.raises(ServiceError):  # this API wants a signature
        Service(stage).show("order-1")

    assert api.authorizations == ["Bearer header.payload.signature"]


def test_cancel_is_not_repeated_after_a_lost_answer(
    api: FakeAPI, amsdal_mail: RunCommand, waits: list[float]
) -> None:
    api.cut()

    done = amsdal_mail("cancel", "order-1")

    assert (done.code, len(api.calls), waits) == (1, 1, [])
    assert "It is not known whether the call had its effect." in done.err


def test_cancel_is_not_repeated_after_an_error_of_the_server(
    api: FakeAPI, amsdal_mail: RunCommand, waits: list[float]
) -> None:
    api.reply({"message": "Temporarily unavailable."}, status=503)

    done = amsdal_mail("cancel", "order-1")

    assert (done.code, len(api.calls), waits) == (1, 1, [])


def test_throttled_cancel_is_repeated(
    api: FakeAPI, amsdal_mail: RunCommand, waits: list[float]
) -> None:
    api.reply({"message": "Too Many Requests"}, status=429)
    api.reply({"message": "Email not found.", "detail": []}, status=404)

    done = amsdal_mail("cancel", "order-1")

    assert (done.code, len(api.calls), waits) == (1, 2, [0.5])


@pytest.mark.parametrize(("header", "wait"), [("2", 2), ("600", 5), ("soon", 0.5), ("-1", 0.5)])
def test_retry_after_is_kept_within_reason(
    header: str, wait: float, api: FakeAPI, amsdal_mail: RunCommand, waits: list[float]
) -> None:
    api.reply({"message": "x"}, status=503, **{"Retry-After": header})
    api.reply({"message": "Email not found."}, status=404)

    amsdal_mail("show", "order-1")

    assert waits == [wait]
