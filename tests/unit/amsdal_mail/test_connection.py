"""get_connection, send_mail, and the options of the backends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest

import amsdal_mail
from amsdal_mail import (
    ConfigurationError,
    EmailMessage,
    InvalidMessageError,
    get_connection,
    send_mail,
)
from amsdal_mail.backends.aws.options import region_from
from amsdal_mail.backends.console import ConsoleBackend
from amsdal_mail.backends.memory import MemoryBackend, outbox
from amsdal_mail.backends.ses import SESBackend
from amsdal_mail.backends.sqs import SQSBackend

PUBLIC = (
    "Attachment ConfigurationError CredentialsError EmailMessage EmailRequest FieldError"
    " InvalidEventError InvalidMessageError MailError MalformedJSONError"
    " RecipientStatus RejectedError RetryHint RetryableError SendError SendState SendStatus"
    " SuppressedError UnknownOutcomeError asend_mail cancelled_status get_connection"
    " send_mail"
)
KEYS: dict[str, Any] = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}


def ses(environ: dict[str, str] | None = None, **options: Any) -> SESBackend:
    return SESBackend(environ=environ or {}, **options)


def test_public_names_are_these() -> None:
    assert amsdal_mail.__all__ == PUBLIC.split()


def test_import_loads_no_sdk() -> None:
    code = "import sys, amsdal_mail; print(*sys.modules)"
    command = [sys.executable, "-c", code]

    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd="lambdas")

    heavy = {"aioboto3", "boto3", "botocore", "aws_lambda_powertools", "idna"}
    assert not heavy & set(loaded.stdout.split())


def test_backend_is_chosen_by_environment_else_ses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMSDAL_EMAIL_BACKEND", raising=False)
    default = get_connection()
    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "memory")

    assert isinstance(default, SESBackend)
    assert isinstance(get_connection(), MemoryBackend)


def test_backend_is_chosen_by_dotted_path() -> None:
    path = "amsdal_mail.backends.console.ConsoleBackend"

    assert isinstance(get_connection(path), ConsoleBackend)


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown name": ("sess", {}, "'sess'.*console, memory, ses, sqs"),
    "no such module": ("nowhere.Backend", {}, "'nowhere.Backend' cannot be imported"),
    "no such class": ("amsdal_mail.Backend", {}, "'amsdal_mail.Backend' cannot be imported"),
    "not a backend": ("json.JSONDecoder", {}, "not a subclass of BaseBackend"),
    "unknown option": ("ses", {"colour": "red"}, "^backend 'ses' has no option colour$"),
    "nearly an option": ("ses", {"region": "x"}, "no option region .did you mean region_name[?]"),
    "nearly an option of its own": ("sqs", {"queue": "x"}, "did you mean queue_url"),
    "attempts of the SDK": ("ses", {"sdk_attempts": 3}, "sdk_attempts"),
    "session and keys": (
        "ses",
        {**KEYS, "session": boto3.Session()},
        "session and aws_access_key_id exclude",
    ),
    "key without secret": ("ses", {"aws_access_key_id": "A"}, "aws_secret_access_key"),
    "token without keys": ("ses", {"aws_session_token": "T"}, "aws_session_token"),
    "no concurrency": (
        "ses",
        {"max_concurrency": 0},
        "an integer of at least 1, got 0",
    ),
    "half a call": ("ses", {"max_concurrency": 2.5}, "max_concurrency.*integer.*2.5"),
    "no attempts": ("ses", {"max_attempts": 0}, "max_attempts.*0"),
    "rate as text": ("ses", {"max_send_rate": "14"}, "max_send_rate must be a number.*'14'"),
    "negative timeout": (
        "ses",
        {"read_timeout": -1},
        "read_timeout.* greater than 0, got -1",
    ),
    "queue by its name": ("sqs", {"queue_url": "my-queue"}, "queue_url must be a URL.*my-queue"),
    "queue without address": ("sqs", {"environ": {}}, "queue_url"),
}


class ShopBackend(SESBackend):
    """A user's own backend, which passes its other options on."""

    def __init__(self, shop: str, **options: Any) -> None:
        super().__init__(**options)
        self.shop = shop


class OpenBackend(MemoryBackend):
    """A user's own backend, which takes any option."""

    def __init__(self, **options: Any) -> None:
        self.options = options


@pytest.mark.parametrize(("name", "options", "text"), WRONG.values(), ids=WRONG)
def test_wrong_choice_is_named(name: str, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        get_connection(name, **options)


def test_subclass_passes_options_on() -> None:
    path = f"{__name__}.ShopBackend"

    backend = get_connection(path, shop="books", configuration_set="mine", read_timeout=3)

    assert isinstance(backend, ShopBackend)
    assert (backend.shop, backend.configuration_set) == ("books", "mine")
    assert backend.options.read_timeout == 3


def test_missing_option_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"ShopBackend' needs the option shop$"):
        get_connection(f"{__name__}.ShopBackend", read_timeout=3)


def test_wrong_option_of_a_subclass_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"no option region .did you mean region_name[?]"):
        get_connection(f"{__name__}.ShopBackend", shop="books", region="eu-west-1")


def test_backend_that_takes_any_option_gets_any_option() -> None:
    backend = get_connection(f"{__name__}.OpenBackend", colour="red")

    assert isinstance(backend, OpenBackend)
    assert backend.options == {"colour": "red"}


REGIONS: dict[str, tuple[dict[str, str], str]] = {
    "neither": ({}, "us-east-1"),
    "default region": ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
    "region first": ({"AWS_DEFAULT_REGION": "a", "AWS_REGION": "eu-north-1"}, "eu-north-1"),
    "empty": ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
}


@pytest.mark.parametrize(("environ", "region"), REGIONS.values(), ids=REGIONS)
def test_region_comes_from_the_environment(environ: dict[str, str], region: str) -> None:
    assert region_from(environ) == region


def test_without_environment_the_region_is_that_of_the_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = eu-west-1\n[profile work]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    assert region_from({}) == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert region_from({}) == "eu-north-1"
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(ConfigurationError, match="missing"):
        region_from({})


def test_region_of_a_queue_is_in_its_url() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/send"

    named = get_connection("sqs", queue_url=url, environ={"AWS_REGION": "us-west-2"})
    local = get_connection("sqs", queue_url="http://localhost:4800/queue", environ={})

    assert isinstance(named, SQSBackend)
    assert isinstance(local, SQSBackend)
    assert (named.options.region_name, local.options.region_name) == ("eu-west-1", "us-east-1")


@pytest.mark.parametrize("wrong", [{"region_name": "eu_west"}, {"endpoint_url": "localhost:99"}])
async def test_client_that_cannot_be_made_is_a_configuration_error(wrong: dict[str, Any]) -> None:
    message = EmailMessage(body="b", from_email="f@x.io", to=["a@x.io"])

    with pytest.raises(ConfigurationError):
        ses(**KEYS, **wrong).send_messages([message])
    with pytest.raises(ConfigurationError):
        await ses(**KEYS, **wrong).asend_messages([message])


@pytest.mark.parametrize(
    ("field", "argument"),
    [("html_body", "html_message"), ("body", "message"), ("to", "recipient_list")],
)
def test_argument_with_another_name_in_django_is_named(field: str, argument: str) -> None:
    options: dict[str, Any] = {field: "x"}

    with pytest.raises(TypeError, match=f"{field}.*{argument}"):
        send_mail("s", "b", "f@x.io", ["a@x.io"], **options)


def test_connection_must_be_a_backend() -> None:
    wrong: Any = "memory"

    with pytest.raises(TypeError, match=r"get_connection.*'memory'"):
        send_mail("s", "b", "f@x.io", ["a@x.io"], connection=wrong)


def test_option_wins_over_environment() -> None:
    environ = {"AWS_SES_CONFIGURATION_SET": "theirs", "AWS_SES_METADATA_PREFIX": "m_"}

    plain, chosen = ses(environ), ses(environ, configuration_set="ours", metadata_prefix="x_")

    assert (plain.configuration_set, plain.metadata_prefix) == ("theirs", "m_")
    assert (chosen.configuration_set, chosen.metadata_prefix) == ("ours", "x_")


def test_keys_go_to_the_sdk_and_not_into_repr() -> None:
    backend = ses(**KEYS, aws_session_token="token", region_name="eu-west-1")

    credentials = backend.client()._request_signer._credentials
    assert (credentials.access_key, credentials.secret_key) == ("AKIA", "secret")
    assert credentials.token == "token"
    assert "secret" not in repr(backend.options)
    assert "token" not in repr(backend.options)


def test_sdk_never_retries_a_send_itself() -> None:
    assert ses(**KEYS).client().meta.config.retries["total_max_attempts"] == 1


def test_user_agent_names_the_library_and_botocore_once() -> None:
    client = ses(**KEYS).client()

    assert client.meta.config.user_agent == f"amsdal_mail Botocore/{botocore.__version__}"


def test_session_brings_its_region_and_keys() -> None:
    session = boto3.Session(region_name="eu-west-1", **KEYS)

    client = ses({"AWS_REGION": "us-west-2"}, session=session).client()

    assert client.meta.region_name == "eu-west-1"
    assert client._request_signer._credentials.access_key == "AKIA"


async def test_session_is_refused_in_async_code() -> None:
    message = EmailMessage(body="b", from_email="f@x.io", to=["a@x.io"])

    with pytest.raises(ConfigurationError, match="session"):
        await ses(session=boto3.Session()).asend_messages([message])


def test_memory_and_console_need_no_sdk() -> None:
    code = """
import sys
from pathlib import Path
sys.modules["botocore"] = sys.modules["boto3"] = None
import amsdal_mail
for name in ("memory", "console"):
    connection = amsdal_mail.get_connection(name)
    assert amsdal_mail.send_mail("s", "b", "a@x.io", ["b@x.io"], connection=connection).is_success
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd="lambdas", capture_output=True)


def test_forked_process_gets_a_new_client() -> None:
    backend = ses(**KEYS)
    client_of_parent = backend.client()

    backend._client_pid -= 1

    assert backend.client() is not client_of_parent


def test_send_mail_names_every_broken_field() -> None:
    with pytest.raises(InvalidMessageError) as caught:
        amsdal_mail.send_mail("a\nb", "", "x", "y@x.io", connection=MemoryBackend())

    fields = [error.field for error in caught.value.errors]
    assert fields == ["subject", "from_email", "to"]


def test_send_mail_passes_every_option_on() -> None:
    options: dict[str, Any] = {
        "cc": ["c@x.io"],
        "bcc": ["d@x.io"],
        "reply_to": ["r@x.io"],
        "headers": {"X-A": "1"},
        "tags": ["t"],
        "metadata": {"m": "1"},
        "template_id": "welcome",
        "merge_data": {"y@x.io": {"a": 1}},
        "merge_global_data": {"b": 2},
        "escape_merge_data": True,
        "track_opens": True,
        "track_clicks": False,
        "attachments": [amsdal_mail.Attachment("a", b"", "a/b")],
    }

    amsdal_mail.send_mail(
        "s", "b", "x@x.io", ["y@x.io"], html_message="h", connection=MemoryBackend(), **options
    )

    assert outbox[-1].message == EmailMessage(
        subject="s", body="b", html_body="h", from_email="x@x.io", to=["y@x.io"], **options
    )


def test_default_connection_is_kept_while_the_environment_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from amsdal_mail.connection import _resolve_connection

    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "memory")
    first = _resolve_connection(None)
    again = _resolve_connection(None)
    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "console")

    assert first is again
    assert isinstance(_resolve_connection(None), ConsoleBackend)


def test_console_shows_what_each_recipient_gets(capsys: pytest.CaptureFixture[str]) -> None:
    merge_data = {"a@x.io": {"name": "Anna"}, "b@x.io": {"name": "Ben"}}
    message = EmailMessage(
        subject="s",
        body="Hi {{name}}",
        from_email="f@x.io",
        to=list(merge_data),
        merge_data=merge_data,
    )

    get_connection("console").send_messages([message])

    shown = capsys.readouterr().out
    assert "To: a@x.io" in shown.split("Hi Anna")[0]
    assert "Hi Ben" in shown


def test_outbox_has_the_mime_of_every_recipient() -> None:
    message = EmailMessage(
        subject="{{x}}",
        body="{{x}}",
        html_body="<b>{{x}}</b>",
        from_email="f@x.io",
        to=["a@x.io", "b@x.io"],
        merge_data={"a@x.io": {"x": "<1>"}},
        merge_global_data={"x": "2"},
        escape_merge_data=True,
    )

    get_connection("memory").send_messages([message])

    first, second = outbox[-1].rendered
    assert b"\r\n\r\n<1>\r\n" in first
    assert b"<b>&lt;1&gt;</b>" in first
    assert b"Subject: 2\r\n" in second
