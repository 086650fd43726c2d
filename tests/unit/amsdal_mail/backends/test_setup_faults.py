"""Faults of the set-up: a ConfigurationError with state failed, and no secret in any text."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail import ConfigurationError, EmailMessage, RetryHint, SendState, send_mail
from amsdal_mail.backends.ses import SESBackend
from amsdal_mail.backends.sqs import SQSBackend
from tests.unit.amsdal_mail.backends.servers import (
    SHORT,
    Handle,
    Server,
    accept_mail,
    close,
    hang,
    respond,
    send_by,
    serving,
    ses,
)

WAYS = ["sync", "async"]
SECRETS = ("the-secret-key", "the-session-token", "the-password")
MESSAGES = [
    EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", to=["a@x.io"]),
    EmailMessage(
        subject="Hi", body="Hello", from_email="shop@example.com", to=["b@x.io", "c@x.io"]
    ),
]
KEYS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "the-secret-key",
    "aws_session_token": "the-session-token",
    "region_name": "eu-west-1",
}
VARIABLES = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
    "region_name": "AWS_REGION",
}
WHITE_SPACE = {
    "line break": "\n",
    "space": " ",
    "return": "\r",
    "tab": "\t",
    "no-break space": "\xa0",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave nothing of AWS and of proxies in the environment but files of this test."""
    for name in os.environ:
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


async def assert_setup_fault(way: str, backend: SESBackend) -> ConfigurationError:
    status, error = await send_by(way, backend, MESSAGES)

    assert error is not None
    assert list(status.recipients) == ["a@x.io", "b@x.io", "c@x.io"]
    assert {r.state for r in status.recipients.values()} == {SendState.FAILED}
    assert {r.retry for r in status.recipients.values()} == {RetryHint.LATER}
    assert len(status.messages) == 2
    texts = [repr(error), repr(status), *traceback.format_exception(error), repr(backend.options)]
    assert not [secret for secret in SECRETS if secret in "".join(texts)]
    return error


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", ["option", "environment"])
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("space", WHITE_SPACE.values(), ids=WHITE_SPACE)
async def test_white_space_in_keys_and_region_is_named(
    way: str, source: str, name: str, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**KEYS, name: KEYS[name] + space}
    with serving(accept_mail) as server:
        if source == "option":
            backend = SESBackend(environ={}, endpoint_url=server.url, **values)  # type: ignore[arg-type]
        else:
            for option, variable in VARIABLES.items():
                monkeypatch.setenv(variable, values[option])
            backend = SESBackend(environ=os.environ, endpoint_url=server.url)
        error = await assert_setup_fault(way, backend)

    assert server.connections == 0
    assert name in str(error) or "region" in str(error)


def config(text: str) -> Callable[[pytest.MonkeyPatch, Path], None]:
    def write(_: pytest.MonkeyPatch, folder: Path) -> None:
        (folder / "config").write_text(text.replace("FOLDER", str(folder)))

    return write


def variables(**values: str) -> Callable[[pytest.MonkeyPatch, Path], None]:
    def write(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        (folder / "garbage.pem").write_text("no certificate")
        for name, value in values.items():
            monkeypatch.setenv(name, value.replace("FOLDER", str(folder)))

    return write


NO_KEYS: dict[str, Any] = {"aws_access_key_id": None, "aws_secret_access_key": None}
AWS = {"url": "https://email.eu-west-1.amazonaws.com"}
FAULTS: dict[str, tuple[Callable[[pytest.MonkeyPatch, Path], None], dict[str, Any]]] = {
    "CA bundle missing": (variables(AWS_CA_BUNDLE="FOLDER/nowhere.pem"), AWS),
    "CA bundle is a folder of nothing": (variables(AWS_CA_BUNDLE="FOLDER/nowhere/"), AWS),
    "CA bundle of requests": (variables(REQUESTS_CA_BUNDLE="FOLDER/nowhere.pem"), AWS),
    "CA bundle of the profile": (config("[default]\nca_bundle = FOLDER/nowhere.pem\n"), AWS),
    "proxy with a space": (variables(HTTPS_PROXY="http://u:the-password@pro xy:3128"), AWS),
    "proxy with half an address": (variables(HTTPS_PROXY="http://u:the-password@[::1"), AWS),
    "proxy with a wrong port": (variables(HTTPS_PROXY="http://u:the-password@proxy:31x8"), AWS),
    "proxy of another kind": (variables(HTTPS_PROXY="socks9://u:the-password@proxy:31"), AWS),
    "endpoint without a scheme": (variables(), {"url": "localhost:99"}),
    "endpoint with a space": (variables(), {"url": "https://u:the-password@exa mple.com"}),
    "endpoint with a line break": (variables(), {"url": "https://email.example.com\n"}),
    "endpoint with a wrong port": (variables(), {"url": "https://u:the-password@example.com:9x"}),
    "endpoint with a port too high": (variables(), {"url": "https://127.0.0.1:99999"}),
    "endpoint of another kind": (variables(), {"url": "ftp://127.0.0.1"}),
    "endpoint of the environment": (
        variables(AWS_ENDPOINT_URL_SESV2="u:the-password@localhost"),
        {},
    ),
    "unknown profile": (variables(AWS_PROFILE="nowhere"), NO_KEYS),
    "role without a source": (config("[default]\nrole_arn = arn:aws:iam::1:role/a\n"), NO_KEYS),
    "role with an unknown source": (
        config("[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = nowhere\n"),
        NO_KEYS,
    ),
    "role in a circle": (
        config(
            "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n"
            "[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = default\n"
        ),
        NO_KEYS,
    ),
    "token file missing": (
        variables(
            AWS_WEB_IDENTITY_TOKEN_FILE="FOLDER/nowhere", AWS_ROLE_ARN="arn:aws:iam::1:role/a"
        ),
        NO_KEYS,
    ),
    "process missing": (config("[default]\ncredential_process = FOLDER/nowhere\n"), NO_KEYS),
    "process fails": (config("[default]\ncredential_process = false\n"), NO_KEYS),
    "process says nothing": (config("[default]\ncredential_process = true\n"), NO_KEYS),
    "single sign-on never logged in": (
        config(
            "[default]\nsso_start_url = https://x.io\nsso_region = eu-west-1\n"
            "sso_account_id = 123456789012\nsso_role_name = a\n"
        ),
        NO_KEYS,
    ),
    "config unreadable": (config("[default\nregion"), NO_KEYS),
    "no keys": (variables(), NO_KEYS),
    "half of the keys": (variables(AWS_ACCESS_KEY_ID="AKIA"), NO_KEYS),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("prepare", "options"), FAULTS.values(), ids=FAULTS)
async def test_fault_of_the_set_up_is_a_configuration_error(
    way: str,
    prepare: Callable[[pytest.MonkeyPatch, Path], None],
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    prepare(monkeypatch, tmp_path)

    await assert_setup_fault(way, ses(**options))


@pytest.mark.parametrize("way", WAYS)
async def test_ca_bundle_without_a_certificate(
    way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variables(AWS_CA_BUNDLE="FOLDER/garbage.pem")(monkeypatch, tmp_path)

    with serving(close) as server:
        await assert_setup_fault(way, ses(f"https://127.0.0.1:{server.port}"))


def credentials(token: str) -> bytes:
    return json.dumps(
        {
            "AccessKeyId": "AKIA",
            "SecretAccessKey": "the-secret-key",
            "Token": token,
            "Expiration": "2100-01-01T00:00:00Z",
        }
    ).encode()


@pytest.mark.parametrize("way", WAYS)
async def test_token_with_a_line_break_from_a_service(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = respond(b"200 OK", credentials("the-session-token\n"))
    with serving(handle) as provider, serving(accept_mail) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{provider.url}/keys")
        error = await assert_setup_fault(way, ses(server.url, **NO_KEYS))

    assert server.bodies == []
    assert "X-Amz-Security-Token" in str(error)


STS_ERROR = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error>"
    b"</ErrorResponse>"
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("status", "code"),
    [(b"403 Forbidden", b"AccessDenied"), (b"400 Bad Request", b"ValidationError")],
)
async def test_refused_role_is_a_fault_of_the_set_up(
    way: str, status: bytes, code: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def handle(server: Server, connection: Any) -> None:
        server.read_request(connection)
        respond(status, STS_ERROR % code)(server, connection)

    (tmp_path / "config").write_text(
        "[default]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n"
        "[profile b]\naws_access_key_id = AKIA\naws_secret_access_key = the-secret-key\n"
    )
    with serving(handle) as sts, serving(accept_mail) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        await assert_setup_fault(way, ses(server.url, **NO_KEYS))

    assert sts.bodies
    assert server.bodies == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("handle", [close, hang], ids=["closed", "hangs"])
async def test_lost_response_shows_no_password_of_the_endpoint(way: str, handle: Handle) -> None:
    def read_first(server: Server, connection: Any) -> None:
        server.read_request(connection)
        handle(server, connection)

    with serving(read_first) as server:
        url = server.url.replace("//", "//user:the-password@")
        status, _ = await send_by(way, ses(url, **SHORT), MESSAGES[:1])

    assert "a@x.io" in status.recipients
    assert "the-password" not in repr(status)


def test_queue_url_without_a_scheme_shows_no_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        SQSBackend(queue_url="user:the-password@localhost/queue", environ={})

    assert "the-password" not in str(caught.value)


def test_send_mail_without_a_connection_has_the_status_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "nowhere.Backend")

    with pytest.raises(ConfigurationError) as caught:
        send_mail("s", "b", "f@x.io", ["a@x.io"])

    assert caught.value.status is not None
    assert caught.value.status.recipients["a@x.io"].state is SendState.FAILED
