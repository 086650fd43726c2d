"""A response that holds for all messages ends the rest of a send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amsdal_mail import EmailMessage, SendState, SendStatus
from amsdal_mail.backends.aws.flow import Call
from amsdal_mail.backends.aws.halt import Halt
from amsdal_mail.backends.sqs import SQSBackend
from tests.unit.amsdal_mail.backends.responses import client_error
from tests.unit.amsdal_mail.backends.servers import (
    Handle,
    Server,
    respond,
    send_by,
    serving,
    ses,
)

WAYS = ["sync", "async"]


def message(name: str, **fields: Any) -> EmailMessage:
    given = {"subject": "Hi", "body": "Hello", "from_email": "s@x.io", "to": [f"{name}@y.io"]}
    return EmailMessage(**given | fields)


MESSAGES = [message(name) for name in "abcdefgh"]


def refuse_from(first: int, status: bytes, code: str, text: str) -> Handle:
    """Accept the requests before the first, and refuse the others, over all connections."""

    def handle(server: Server, connection: Any) -> None:
        while server.read_request(connection):
            if len(server.bodies) <= first:
                respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)
            else:
                headers = b"x-amzn-errortype: " + code.encode() + b"\r\n"
                body = json.dumps({"__type": code, "message": text}).encode()
                respond(status, body, headers)(server, connection)

    return handle


def results(status: SendStatus) -> list[tuple[SendState, str | None]]:
    return [(r.state, r.error_code) for r in status.recipients.values()]


PAUSED = "Sending paused for this account. For more information, please check the inbox"
STOPS: dict[str, tuple[bytes, str, str]] = {
    "paused by AWS": (b"400 x", "MessageRejected", PAUSED),
    "paused": (b"400 x", "SendingPausedException", "Email sending is paused"),
    "suspended": (b"400 x", "AccountSuspendedException", "suspended"),
    "daily quota": (b"429 x", "TooManyRequestsException", "Daily message quota exceeded"),
    "permission": (b"403 x", "AccessDeniedException", "User x is not authorized to perform"),
    "forbidden by a gateway": (b"403 x", "403", "Forbidden"),
    "expired token": (b"403 x", "ExpiredTokenException", "The security token is expired"),
    "unknown key": (b"403 x", "UnrecognizedClientException", "The security token is invalid"),
    "wrong secret": (b"403 x", "SignatureDoesNotMatch", "The request signature does not match"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("status", "code", "text"), STOPS.values(), ids=STOPS)
async def test_stop_of_the_account_ends_the_rest(
    way: str, status: bytes, code: str, text: str
) -> None:
    with serving(refuse_from(2, status, code, text)) as server:
        sent, _ = await send_by(way, ses(server.url, max_concurrency=1), MESSAGES)

    assert len(server.bodies) == 3
    accepted = [(SendState.ACCEPTED, None)] * 2
    assert results(sent) == [*accepted, *[(SendState.FAILED, code)] * 6]
    assert len(sent.messages) == 8


@pytest.mark.parametrize("way", WAYS)
async def test_calls_that_are_on_their_way_are_not_stopped(way: str) -> None:
    with serving(refuse_from(0, *STOPS["paused"])) as server:
        sent, _ = await send_by(way, ses(server.url, max_concurrency=4), MESSAGES * 10)

    assert 1 <= len(server.bodies) <= 4
    assert {r.error_code for part in sent.messages for r in part.recipients.values()} == {
        "SendingPausedException"
    }


@pytest.mark.parametrize("way", WAYS)
async def test_paused_entries_of_a_bulk_call_end_the_rest(way: str) -> None:
    def handle(server: Server, connection: Any) -> None:
        while server.read_request(connection):
            count = len(json.loads(server.bodies[-1])["BulkEmailEntries"])
            entry = {"Status": "ACCOUNT_SENDING_PAUSED", "Error": "paused"}
            body = json.dumps({"BulkEmailEntryResults": [entry] * count}).encode()
            respond(b"200 OK", body)(server, connection)

    bulk = message("a", to=[f"a{n}@y.io" for n in range(120)], merge_data={})
    with serving(handle) as server:
        sent, _ = await send_by(way, ses(server.url, max_concurrency=1), [bulk, message("b")])

    assert len(server.bodies) == 1
    assert results(sent) == [(SendState.FAILED, "ACCOUNT_SENDING_PAUSED")] * 121


@pytest.mark.parametrize("way", WAYS)
async def test_paused_account_leaves_no_waits(way: str) -> None:
    with serving(refuse_from(0, *STOPS["paused"])) as server:
        backend = ses(server.url, max_concurrency=1, max_send_rate=1)
        sent, _ = await send_by(way, backend, MESSAGES * 100)
        status, _ = await send_by(way, backend, [message("z")])  # within the timeout of the test

    assert len(sent.messages) == 800
    assert len(server.bodies) == 2
    assert status.recipients


def refuse_by(refused: str, code: str, status: bytes = b"403 x", text: str = "no") -> Handle:
    """Refuse the requests whose body has a text."""

    def handle(server: Server, connection: Any) -> None:
        while server.read_request(connection):
            if refused.encode() in server.bodies[-1]:
                headers = b"x-amzn-errortype: " + code.encode() + b"\r\n"
                body = json.dumps({"message": text}).encode()
                respond(status, body, headers)(server, connection)
            else:
                respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)

    return handle


def states(status: SendStatus) -> dict[str, str]:
    return {r.address[0]: r.state.value for r in status.recipients.values()}


@pytest.mark.parametrize("way", WAYS)
async def test_permission_is_missing_for_one_sender_only(way: str) -> None:
    messages = [
        message("a", from_email="theirs@x.io"),
        message("b", from_email="theirs@x.io"),
        message("c"),
        message("d", from_email="theirs@x.io", template_id="t"),
    ]
    with serving(refuse_by("theirs@x.io", "AccessDeniedException")) as server:
        sent, error = await send_by(way, ses(server.url, max_concurrency=1), messages)

    assert states(sent) == {"a": "failed", "b": "failed", "c": "accepted", "d": "failed"}
    assert len(server.bodies) == 3  # b is not tried; a template needs another permission
    assert error is not None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("MessageRejected", b"400 x", "Email address is not verified. ... : a@y.io"),
        ("BadRequestException", b"400 x", "Illegal address"),
        ("TooManyRequestsException", b"429 x", "Maximum sending rate exceeded."),
        ("InternalServiceErrorException", b"500 x", ""),
        ("MailFromDomainNotVerifiedException", b"400 x", ""),
    ],
)
async def test_fault_of_one_message_ends_nothing(
    way: str, code: str, status: bytes, text: str
) -> None:
    with serving(refuse_by("a@y.io", code, status, text)) as server:
        sent, _ = await send_by(way, ses(server.url, max_concurrency=1), MESSAGES)

    assert len(server.bodies) == 8
    assert list(states(sent).values())[1:] == ["accepted"] * 7


@pytest.mark.parametrize("way", WAYS)
async def test_missing_permission_of_a_queue_ends_the_rest(way: str) -> None:
    with serving(refuse_from(0, b"403 x", "AccessDeniedException", "no")) as server:
        backend = SQSBackend(
            queue_url=f"{server.url}/123456789012/queue",
            environ={},
            endpoint_url=server.url,
            aws_access_key_id="A",
            aws_secret_access_key="s",
            max_concurrency=1,
        )
        sent, error = await send_by(way, backend, [message(f"a{n}") for n in range(35)])

    assert len(server.bodies) == 1
    assert results(sent) == [(SendState.FAILED, "AccessDeniedException")] * 35
    assert error is not None


@pytest.mark.parametrize("way", WAYS)
async def test_missing_keys_are_looked_for_once(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with serving(respond(b"200 OK")) as server:
        backend = ses(server.url, aws_access_key_id=None, aws_secret_access_key=None)
        sent, error = await send_by(way, backend, MESSAGES)

    assert server.connections == 0
    assert results(sent) == [(SendState.FAILED, "NoCredentialsError")] * 8
    assert error is not None


PAUSES = {
    "account": ("SendingPausedException", "Email sending is paused", {}),
    "configuration set": (
        "SendingPausedException",
        "Email sending is disabled for the configuration set 'a'",
        {"ConfigurationSetName": "a"},
    ),
    "tenant": ("SendingPausedException", "Sending paused for tenant a", {"TenantName": "a"}),
}


@pytest.mark.parametrize(("code", "text", "paused"), PAUSES.values(), ids=PAUSES)
def test_pause_holds_for_what_is_paused(code: str, text: str, paused: dict[str, str]) -> None:
    halt = Halt()
    other = {"ConfigurationSetName": "b", "TenantName": "b"}
    halt.note(Call("send_email", other | paused), client_error(code, text))

    assert halt.result_for(Call("send_bulk_email", other | paused))
    assert bool(halt.result_for(Call("send_email", other))) is not bool(paused)
    assert halt.is_total is not bool(paused)
