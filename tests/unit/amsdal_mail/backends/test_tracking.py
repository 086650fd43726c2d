"""Tracking of opens and clicks for one message, in each kind of SES call."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import botocore
import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from amsdal_mail import ConfigurationError, InvalidMessageError, SendState
from amsdal_mail.backends.ses import tracking
from amsdal_mail.backends.ses.requests import build_requests
from amsdal_mail.backends.ses.send import SESRequest
from amsdal_mail.sensitive import SENSITIVE_TAG
from tests.unit.amsdal_mail.backends.responses import SES_MODEL
from tests.unit.amsdal_mail.backends.test_service_model import (
    Client,
    backend_with,
    message,
    older_model,
)

KINDS: dict[str, dict[str, Any]] = {
    "simple": {},
    "raw": {"headers": {f"X-{number}": "a" for number in range(16)}},
    "template": {"template_id": "reset"},
    "bulk": {"template_id": "reset", "merge_data": {}},
}
CHOICES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "opens off": ({"track_opens": False}, {"OpenTrackingEnabled": "DISABLED"}),
    "clicks on": ({"track_clicks": True}, {"ClickTrackingEnabled": "ENABLED"}),
    "both": (
        {"track_opens": True, "track_clicks": False},
        {"OpenTrackingEnabled": "ENABLED", "ClickTrackingEnabled": "DISABLED"},
    ),
    "sensitive": (
        {"sensitive": True},
        {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"},
    ),
    "sensitive, said twice": (
        {"sensitive": True, "track_opens": False},
        {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"},
    ),
}
OLD_MODELS = {
    "no overrides": older_model(
        SendEmailRequest="ConfigurationOverrides", SendBulkEmailRequest="ConfigurationOverrides"
    ),
    "no tracking among the overrides": older_model(ConfigurationOverrides="Tracking"),
}


def build(fields: dict[str, Any], model: ServiceModel = SES_MODEL) -> SESRequest:
    (request,) = build_requests(message(**fields), None, model)
    return request


def kind_of(request: SESRequest) -> str:
    return "bulk" if request.bulk_entries else next(iter(request.params["Content"])).lower()


@pytest.fixture
def new_process() -> Iterator[None]:
    """The log has nothing of this process yet."""
    tracking._log_once.cache_clear()
    yield
    tracking._log_once.cache_clear()


@pytest.mark.parametrize(("choice", "expected"), CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_call_carries_the_choice(
    kind: str, choice: dict[str, Any], expected: dict[str, str]
) -> None:
    request = build(KINDS[kind] | choice)

    assert kind_of(request) == kind
    assert request.params["ConfigurationOverrides"] == {"Tracking": expected}
    operation = "SendBulkEmail" if request.bulk_entries else "SendEmail"
    shape = SES_MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(request.call({}).params, shape)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_choice_the_configuration_set_decides(kind: str) -> None:
    request = build(KINDS[kind] | {"track_opens": None, "track_clicks": None, "sensitive": False})

    assert "ConfigurationOverrides" not in request.params


@pytest.mark.parametrize("model", OLD_MODELS.values(), ids=OLD_MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_older_sdk_sends_without_the_choice(kind: str, model: ServiceModel) -> None:
    request = build(KINDS[kind] | {"track_opens": False, "track_clicks": True}, model)

    assert "ConfigurationOverrides" not in request.params


@pytest.mark.parametrize("model", OLD_MODELS.values(), ids=OLD_MODELS)
@pytest.mark.parametrize("kind", KINDS)
def test_older_sdk_refuses_to_send_sensitive_email(kind: str, model: ServiceModel) -> None:
    client = Client(model)

    with pytest.raises(ConfigurationError) as caught:
        backend_with(client).send_messages([message(), message(**KINDS[kind], sensitive=True)])

    assert str(caught.value) == (
        "sensitive, which switches tracking off, needs botocore 1.43.76 or later, which the extra"
        f" ses-current has, but botocore {botocore.__version__} is installed"
    )
    assert client.sent == []
    assert caught.value.status is not None
    assert {result.state for result in caught.value.status.recipients.values()} == {
        SendState.FAILED
    }


@pytest.mark.usefixtures("new_process")
def test_older_sdk_is_logged_once_without_the_email(caplog: pytest.LogCaptureFixture) -> None:
    first, second = (Client(model) for model in OLD_MODELS.values())
    untracked = message(track_clicks=False, subject="Hallo")

    with caplog.at_level(logging.WARNING):
        backend_with(first).send_messages([untracked, untracked])
        backend_with(second).send_messages([untracked])

    (line,) = caplog.messages
    assert "track_opens and track_clicks are not used" in line
    assert "botocore 1.43.76 or later" in line
    assert "Hallo" not in line
    assert "x.io" not in line
    assert [len(client.sent) for client in (first, second)] == [2, 1]


def test_each_operation_is_looked_up_by_itself() -> None:
    model = older_model(SendBulkEmailRequest="ConfigurationOverrides")

    single, bulk = (build(KINDS[kind] | {"track_opens": False}, model) for kind in ("raw", "bulk"))

    assert "ConfigurationOverrides" in single.params
    assert "ConfigurationOverrides" not in bulk.params


@pytest.mark.usefixtures("new_process")
def test_refused_sensitive_email_is_not_logged_as_ignored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ConfigurationError):
        backend_with(Client(OLD_MODELS["no overrides"])).send_messages([message(sensitive=True)])

    assert caplog.messages == []


@pytest.mark.usefixtures("new_process")
@pytest.mark.parametrize(
    ("model", "fields"),
    [(OLD_MODELS["no overrides"], {}), (SES_MODEL, {"track_clicks": False})],
    ids=["older, without a choice", "current"],
)
def test_nothing_is_logged_without_a_reason(
    model: ServiceModel, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    backend_with(Client(model)).send_messages([message(**fields)])

    assert caplog.messages == []


@pytest.mark.parametrize("metadata_prefix", ["metadata:", "metadata_"])
def test_sensitive_email_has_a_tag_that_says_so(metadata_prefix: str) -> None:
    client = Client(SES_MODEL)
    backend = backend_with(client, metadata_prefix=metadata_prefix)

    backend.send_messages([message(sensitive=True, tags=["a"]), message(tags=["a"])])

    tags = [
        {tag["Name"]: tag["Value"] for tag in call["EmailTags"]}
        for call in sorted(client.sent, key=lambda call: len(call["EmailTags"]), reverse=True)
    ]
    assert tags == [{"a": "true", SENSITIVE_TAG: "true"}, {"a": "true"}]


def test_prefix_cannot_make_the_sensitive_tag() -> None:
    backend = backend_with(Client(SES_MODEL), metadata_prefix="email_")

    with pytest.raises(InvalidMessageError, match="is the tag email_sensitive"):
        backend.send_messages([message(metadata={"sensitive": "false"})])


def test_entries_with_own_metadata_keep_the_sensitive_tag() -> None:
    sent: list[dict[str, Any]] = []

    class BulkClient(Client):
        def send_bulk_email(self, **params: Any) -> dict[str, Any]:
            sent.append(params)
            return {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "0100-a"}]}

    backend_with(BulkClient(SES_MODEL)).send_messages(
        [message(sensitive=True, merge_metadata={"a@x.io": {"customer": "1"}})]
    )

    (entry,) = sent[0]["BulkEmailEntries"]
    assert {"Name": SENSITIVE_TAG, "Value": "true"} in entry["ReplacementTags"]
