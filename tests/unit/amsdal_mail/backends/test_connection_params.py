"""Options of a connection that become parameters of each of its requests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from amsdal_mail import Attachment, ConfigurationError, EmailMessage, SendState, get_connection
from amsdal_mail.backends.aws.backend import SendPlan
from amsdal_mail.backends.aws.flow import Call, CallResult, EntryResult, Flow
from amsdal_mail.backends.ses import SESBackend
from tests.unit.amsdal_mail.backends.responses import SES_MODEL
from tests.unit.amsdal_mail.backends.servers import accept_mail, send_by, serving, ses
from tests.unit.amsdal_mail.backends.test_service_model import (
    Client,
    backend_with,
    older_model,
)

ARN = "arn:aws:ses:eu-west-1:123456789012:identity/x.io"
OPTIONS = {
    "return_path": "bounces@x.io",
    "from_identity_arn": ARN,
    "tenant": "shop_1",
    "endpoint_id": "abc123.456",
}
PARAMETERS = {
    "FeedbackForwardingEmailAddress": "bounces@x.io",
    "FromEmailAddressIdentityArn": ARN,
    "TenantName": "shop_1",
    "EndpointId": "abc123.456",
}
CALLS: dict[str, dict[str, Any]] = {
    "simple": {"body": "b"},
    "raw": {"body": "b", "attachments": [Attachment("ä.txt", b"text", "text/plain")]},
    "template": {"template_id": "t"},
    "bulk": {"template_id": "t", "merge_data": {}},
}


def message(**fields: Any) -> EmailMessage:
    return EmailMessage(**{"subject": "Hi", "from_email": "f@x.io", "to": ["a@y.io"]} | fields)


def params_of(backend: SESBackend, sent: EmailMessage) -> dict[str, Any]:
    (flow,) = backend.plan([sent], SES_MODEL)
    call = next(flow)
    assert isinstance(call, Call)
    return dict(call.params)


@pytest.mark.parametrize("fields", CALLS.values(), ids=CALLS)
def test_options_are_in_each_kind_of_call(fields: dict[str, Any]) -> None:
    backend = SESBackend(environ={}, **OPTIONS)  # type: ignore[arg-type]

    params = params_of(backend, message(**fields))

    assert {name: params.get(name) for name in PARAMETERS} == PARAMETERS


@pytest.mark.parametrize("fields", CALLS.values(), ids=CALLS)
def test_options_that_are_not_given_are_left_out(fields: dict[str, Any]) -> None:
    params = params_of(SESBackend(environ={}), message(**fields))

    assert not PARAMETERS.keys() & params.keys()


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "endpoint_id"])
@pytest.mark.parametrize("way", ["sync", "async"])
async def test_option_reaches_ses(way: str, name: str) -> None:
    with serving(accept_mail) as server:
        status, _ = await send_by(
            way, ses(server.url, **{name: OPTIONS[name]}), [message(body="b")]
        )

    assert status.is_success
    assert OPTIONS[name] in json.loads(server.bodies[0]).values()


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_endpoint_id_without_its_package_is_a_set_up_fault(way: str) -> None:
    # No extra installs botocore[crt]: where it is, the email is signed by it.
    with serving(accept_mail) as server:
        backend = ses(server.url, endpoint_id="abc123.456")
        status, error = await send_by(way, backend, [message(body="b"), message(body="c")])

    assert server.connections == 0
    assert {r.state for r in status.recipients.values()} == {SendState.FAILED}
    assert "crt" in str(error)


WRONG = {
    "name in the return path": {"return_path": "Bounces <bounces@x.io>"},
    "return path without a domain": {"return_path": "bounces"},
    "empty return path": {"return_path": ""},
    "ARN of something else": {"from_identity_arn": "arn:aws:sqs:eu-west-1:123456789012:queue"},
    "domain for an ARN": {"from_identity_arn": "x.io"},
    "ARN with a line break": {"from_identity_arn": f"{ARN}\n"},
    "tenant with a space": {"tenant": "shop 1"},
    "empty tenant": {"tenant": ""},
    "tenant too long": {"tenant": "a" * 65},
    "endpoint with a space": {"endpoint_id": "abc 123"},
    "number": {"tenant": 7},
}


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG)
def test_wrong_value_is_named(options: dict[str, Any]) -> None:
    (name,) = options

    with pytest.raises(ConfigurationError, match=f"^{name} must be .*, got "):
        get_connection("ses", **options)


@pytest.mark.parametrize("fields", CALLS.values(), ids=CALLS)
def test_tenant_that_the_sdk_does_not_know_names_the_version(fields: dict[str, Any]) -> None:
    model = older_model(SendEmailRequest="TenantName", SendBulkEmailRequest="TenantName")
    client = Client(model)

    with pytest.raises(
        ConfigurationError, match=r"needs botocore 1\.40\.0 .* TenantName"
    ) as caught:
        backend_with(client, tenant="shop_1").send_messages([message(body="b"), message(**fields)])

    assert client.sent == []
    assert caught.value.status is not None
    assert {r.state for r in caught.value.status.recipients.values()} == {SendState.FAILED}


class NovelBackend(SESBackend):
    """Sends a parameter, or makes a call, that no SDK knows."""

    operation = "send_email"

    def plan(self, messages: Iterable[EmailMessage], *_: Any, **__: Any) -> SendPlan:
        return [self._flow(index) for index, _ in enumerate(messages)]

    def _flow(self, index: int) -> Flow[list[EntryResult]]:
        response = yield Call(self.operation, {"Novelty": "x", "Content": {}})
        assert isinstance(response, CallResult)
        return [EntryResult(index, ("a@y.io",), response)]


class NoSuchCallBackend(NovelBackend):
    operation = "send_novelty"


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("backend_class", [NovelBackend, NoSuchCallBackend])
async def test_what_the_sdk_refuses_is_a_fault_of_the_set_up(
    way: str, backend_class: type[SESBackend]
) -> None:
    backend = backend_class(
        environ={}, region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="s"
    )

    status, error = await send_by(way, backend, [message(body="b"), message(body="b")])

    assert error is not None
    assert {r.state for r in status.recipients.values()} == {SendState.FAILED}
