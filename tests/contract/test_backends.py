"""The contract of all backends, sync and async."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest

from amsdal_mail import (
    Attachment,
    ConfigurationError,
    EmailMessage,
    EmailRequest,
    InvalidMessageError,
    SendState,
    SendStatus,
    get_connection,
    send_mail,
)
from amsdal_mail.backends.base import BaseBackend

pytestmark = pytest.mark.usefixtures("aws_environment")

Send = Callable[[list[EmailMessage]], Awaitable[SendStatus]]
TO = ["success+a@simulator.amazonses.com", "Bé <success+b@simulator.amazonses.com>"]
SPECS = ["success+a@simulator.amazonses.com", "success+b@simulator.amazonses.com"]
MESSAGES: dict[str, dict[str, Any]] = {
    "plain": {"body": "text"},
    "html with inline image": {
        "html_body": '<img src="cid:logo">',
        "attachments": [Attachment("logo.png", b"\x89PNG", "image/png", "logo")],
    },
    "copies": {"body": "text", "to": TO[:1], "cc": TO[1:2], "bcc": TO[1:2]},
    "unicode": {"subject": "Grüße 🎉", "body": "Größe", "from_email": "Café <orders@example.com>"},
    "headers and reply_to": {
        "body": "text",
        "headers": {"X-Ref": "1", "X-Name": "Größe"},
        "reply_to": ["help@example.com"],
    },
    "raw": {"body": "text", "headers": {f"X-{n}": "a" for n in range(20)}},
    "tags and metadata": {"body": "text", "tags": ["welcome"], "metadata": {"order_id": "1234"}},
    "merged": {
        "subject": "Hi {{name}}",
        "body": "{{name}}",
        "merge_data": {SPECS[0]: {"name": "A"}},
        "merge_global_data": {"name": "you"},
    },
    "merge headers and metadata": {
        "body": "b",
        "headers": {"X-A": "1"},
        "merge_headers": {SPECS[1]: {"List-Unsubscribe": "<https://example.com/u/1>"}},
        "merge_metadata": {SPECS[0]: {"order_id": 1}},
    },
    "nested value": {"subject": "{{a.b}}", "body": "x", "merge_global_data": {"a": {"b": 1}}},
    "merged globals": {"subject": "{{x}}", "body": "{{x}}", "merge_global_data": {"x": "y"}},
}


def message(**fields: Any) -> EmailMessage:
    return EmailMessage(**{"subject": "s", "from_email": "orders@example.com", "to": TO} | fields)


@pytest.fixture
def queue_url(aws_environment: None, request: pytest.FixtureRequest) -> str:
    name = f"contract-{abs(hash(request.node.nodeid))}"
    return str(boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"])


@pytest.fixture(params=["memory", "console", "ses", "sqs"])
def connection(request: pytest.FixtureRequest) -> BaseBackend:
    options: dict[str, Any] = {}
    if request.param == "sqs":
        options = {"queue_url": request.getfixturevalue("queue_url")}
    if request.param == "console":
        options = {"stream": io.StringIO()}
    return get_connection(request.param, **options)


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest, connection: BaseBackend) -> Send:
    async def send_now(messages: list[EmailMessage]) -> SendStatus:
        if request.param == "sync":
            return connection.send_messages(messages)
        return await connection.asend_messages(messages)

    return send_now


@pytest.mark.parametrize("fields", MESSAGES.values(), ids=MESSAGES)
async def test_every_recipient_of_a_valid_message_is_accepted(
    send: Send, fields: dict[str, Any]
) -> None:
    status = await send([message(**fields)])

    assert status.is_success, status
    assert set(status.recipients) == set(SPECS)
    assert status.message_id
    assert all(recipient.message_id for recipient in status.recipients.values())


async def test_results_come_in_the_order_of_the_messages(send: Send) -> None:
    addresses = [f"success+{n}@simulator.amazonses.com" for n in range(25)]

    status = await send([message(body="text", to=[address]) for address in addresses])

    assert status.is_success
    assert [list(result.recipients) for result in status.messages] == [
        [address] for address in addresses
    ]
    assert len(set(status.message_ids)) == 25


async def test_recipients_of_a_plain_message_share_the_id(send: Send) -> None:
    status = await send([message(body="text")])

    assert len(status.message_ids) == 1


async def test_empty_list_is_not_a_success_and_not_an_error(send: Send) -> None:
    status = await send([])

    assert not status.is_success
    assert not status.recipients


async def test_message_without_a_list_is_a_type_error(send: Send) -> None:
    with pytest.raises(TypeError, match="list of messages"):
        await send(message(body="text"))  # type: ignore[arg-type]


async def test_other_object_than_a_message_is_a_type_error(send: Send) -> None:
    with pytest.raises(TypeError, match="EmailMessage objects, not dict"):
        await send([{"subject": "s"}])  # type: ignore[list-item]


async def test_backend_is_a_context_manager_sync_and_async(connection: BaseBackend) -> None:
    with connection as opened:
        assert opened.send_messages([message(body="text")]).is_success
    async with connection as opened:
        assert (await opened.asend_messages([message(body="text")])).is_success
        assert (await opened.asend_messages([message(body="text")])).is_success
    assert connection.send_messages([message(body="text")]).is_success


def test_unknown_option_is_named(connection: BaseBackend) -> None:
    path = f"{type(connection).__module__}.{type(connection).__qualname__}"

    with pytest.raises(ConfigurationError, match="colour"):
        get_connection(path, colour="red")


async def test_bulk_recipients_have_an_id_each() -> None:
    status = get_connection("ses").send_messages([message(body="text", merge_data={})])

    assert len(status.message_ids) == 2


def test_queued_message_has_the_json_of_a_request_and_its_id(queue_url: str) -> None:
    sent = message(body="text", attachments=[Attachment("a", b"\x00", "a/b")])

    status = get_connection("sqs", queue_url=queue_url).send_messages([sent])

    (record,) = boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    request = EmailRequest.from_json(record["Body"])
    assert {recipient.state for recipient in status.recipients.values()} == {SendState.QUEUED}
    assert request.message == sent
    assert request.idempotency_key == status.message_id


def test_request_without_a_key_gets_a_key(queue_url: str) -> None:
    request = EmailRequest.from_message(message(body="text"), None)

    status = get_connection("sqs", queue_url=queue_url).send_messages([request])

    assert status.is_success
    assert status.message_id


def test_key_of_the_caller_is_kept(queue_url: str) -> None:
    request = EmailRequest.from_message(message(body="text"), "order-1234")

    status = get_connection("sqs", queue_url=queue_url).send_messages([request])

    assert status.message_id == "order-1234"


def test_missing_queue_is_a_configuration_error_with_the_status(queue_url: str) -> None:
    connection = get_connection("sqs", queue_url=f"{queue_url}-missing")

    with pytest.raises(ConfigurationError) as caught:
        connection.send_messages([message(body="text")])

    assert caught.value.status is not None
    assert not caught.value.status.is_success


def test_too_large_message_is_refused_before_anything_is_queued(
    queue_url: str,
) -> None:
    connection = get_connection("sqs", queue_url=queue_url)

    with pytest.raises(InvalidMessageError, match=r"messages\[1\]: has 1048[0-9]{3} .*1048064"):
        connection.send_messages([message(body="a"), message(body="a" * 1_047_900)])

    assert "Messages" not in boto3.client("sqs").receive_message(QueueUrl=queue_url)


def test_batches_stay_below_one_mebibyte_together(queue_url: str) -> None:
    connection = get_connection("sqs", queue_url=queue_url)

    status = connection.send_messages([message(body="a" * 400_000) for _ in range(12)])

    assert status.is_success


def test_metadata_is_sent_although_ses_refuses_the_colon(ses_url: str) -> None:
    connection = get_connection("ses")
    email = message(body="text", metadata={"order_id": "1234", "Größe": "1 m²"}, tags=["wel come"])

    status = connection.send_messages([email, email])

    assert status.is_success
    messages = httpx.get(f"{ses_url}/_local/messages").json()["messages"]
    assert [sent["tags"] for sent in messages if sent["id"] in status.message_ids] == [
        {"wel_come": ["true"], "metadata_order_id": ["1234"], "metadata_Gr__e": ["1_m_"]}
    ] * 2


def bodies(queue_url: str) -> list[EmailRequest]:
    received = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    return [EmailRequest.from_json(record["Body"]) for record in received.get("Messages", [])]


def test_each_message_goes_to_the_queue_of_its_stream(queue_url: str) -> None:
    bulk_url = boto3.client("sqs").create_queue(QueueName=f"bulk-{uuid4().hex}")["QueueUrl"]
    connection = get_connection("sqs", queue_url=queue_url, bulk_queue_url=bulk_url)
    plain, many = message(body="text"), [f"p{number}@example.com" for number in range(51)]
    bulk = EmailRequest(from_email="orders@example.com", to=TO, body="text", stream="bulk")

    status = connection.send_messages([plain, bulk, plain.replace(to=many, merge_data={})])

    assert status.is_success
    assert [request.message for request in bodies(queue_url)] == [plain]
    assert {request.stream for request in bodies(bulk_url)} == {"bulk", None}


def test_stream_is_named_on_a_single_queue(queue_url: str) -> None:
    connection = get_connection("sqs", queue_url=queue_url)

    send_mail("s", "b", "orders@example.com", TO, stream="bulk", connection=connection)

    assert [request.stream for request in bodies(queue_url)] == ["bulk"]
