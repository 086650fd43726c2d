"""Nothing reaches a backend unchecked: checked copies, frozen values, and ways around them."""

from __future__ import annotations

import copy
import io
import json
import pickle
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from amsdal_mail import (
    Attachment,
    EmailMessage,
    EmailRequest,
    InvalidMessageError,
    SendStatus,
    get_connection,
)
from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.backends.memory import outbox
from amsdal_mail.backends.ses.backend import SESBackend

ANNA = "anna@example.com"
VALID: dict[str, Any] = {
    "subject": "Order {{order.number}}",
    "body": "Thank you.",
    "from_email": "orders@example.com",
    "to": [ANNA],
    "headers": {"X-A": "1"},
    "metadata": {"a": "1"},
    "attachments": [Attachment("a.txt", b"text", "text/plain")],
    "merge_data": {ANNA: {"order": {"number": "1234", "items": ["a", {"b": "c"}]}}},
    "merge_global_data": {"year": [2026]},
}
DEAD_SERVICE: dict[str, Any] = {
    "endpoint_url": "http://127.0.0.1:9",
    "region_name": "eu-west-1",
    "aws_access_key_id": "AKIA",
    "aws_secret_access_key": "secret",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "memory": {},
    "console": {"stream": io.StringIO()},
    "ses": DEAD_SERVICE,
    "sqs": {**DEAD_SERVICE, "queue_url": "http://127.0.0.1:9/queue"},
}
Send = Callable[[EmailMessage], Awaitable[SendStatus]]


@pytest.fixture
def message() -> EmailMessage:
    return EmailMessage(**VALID)


@pytest.fixture(params=OPTIONS)
def connection(request: pytest.FixtureRequest) -> BaseBackend:
    return get_connection(request.param, **OPTIONS[request.param])


@pytest.fixture(params=["sync", "async"])
def send(request: pytest.FixtureRequest, connection: BaseBackend) -> Send:
    async def send_now(message: EmailMessage) -> SendStatus:
        if request.param == "sync":
            return connection.send_messages([message])
        return await connection.asend_messages([message])

    return send_now


def by_construct(message: EmailMessage) -> EmailMessage:
    return EmailMessage.model_construct(**dict(message) | {"to": ("not an address",)})


def by_construct_alone(message: EmailMessage) -> EmailMessage:
    return EmailMessage.model_construct(to=(ANNA,), body="text")  # type: ignore[call-arg]


def by_new(message: EmailMessage) -> EmailMessage:
    made = EmailMessage.__new__(EmailMessage)
    vars(made).update(vars(message), to=("not an address",))
    return made


def by_dict(message: EmailMessage) -> EmailMessage:
    message.__dict__["to"] = ("not an address",)
    return message


def by_new_field(message: EmailMessage) -> EmailMessage:
    message.__dict__["colour"] = "red"
    return message


def by_setattr(message: EmailMessage) -> EmailMessage:
    object.__setattr__(message, "to", ["not an address"])
    return message


def by_deprecated_copy(message: EmailMessage) -> EmailMessage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return message.copy(update={"to": ("not an address",)})


def by_copy_of_a_changed_message(message: EmailMessage) -> EmailMessage:
    return by_dict(message).model_copy(deep=True)


def by_pickle(message: EmailMessage) -> EmailMessage:
    made: EmailMessage = pickle.loads(pickle.dumps(by_dict(message)))
    return made


def by_state(message: EmailMessage) -> EmailMessage:
    message.__setstate__(by_construct(message).__getstate__())
    return message


def by_attachment(message: EmailMessage) -> EmailMessage:
    object.__setattr__(message.attachments[0], "filename", "run.exe")
    return message


def by_header(message: EmailMessage) -> EmailMessage:
    dict.__setitem__(message.headers, "X-A", "a\r\nBcc: eve@example.com")
    return message


def by_second_init_of_a_mapping(message: EmailMessage) -> EmailMessage:
    message.metadata.__init__({"b": ""})  # type: ignore[misc]
    return message


def by_fast_copy_of_a_changed_message(message: EmailMessage) -> EmailMessage:
    return by_construct(message)._with(subject="Hi")


def by_request(message: EmailMessage) -> EmailMessage:
    request = EmailRequest.from_message(message, "key")
    request.__dict__["idempotency_key"] = "a b"
    return request


def by_constructed_request(message: EmailMessage) -> EmailMessage:
    return EmailRequest.model_construct(**dict(message) | {"idempotency_key": "a b"})


def by_message_of_a_request(message: EmailMessage) -> EmailMessage:
    request = EmailRequest.from_message(message, "key")
    by_dict(request)
    return request.message


WAYS_AROUND: dict[str, tuple[Callable[[EmailMessage], EmailMessage], str]] = {
    "model_construct": (by_construct, "to[0]"),
    "model_construct without from_email": (by_construct_alone, "from_email"),
    "__new__": (by_new, "to[0]"),
    "__dict__": (by_dict, "to[0]"),
    "__dict__ with a new field": (by_new_field, "colour"),
    "object.__setattr__": (by_setattr, "to[0]"),
    "deprecated copy(update=)": (by_deprecated_copy, "to[0]"),
    "copy of a changed message": (by_copy_of_a_changed_message, "to[0]"),
    "pickle of a changed message": (by_pickle, "to[0]"),
    "__setstate__": (by_state, "to[0]"),
    "changed attachment": (by_attachment, "attachments[0].filename"),
    "dict.__setitem__": (by_header, "headers.X-A"),
    "second __init__ of a mapping": (by_second_init_of_a_mapping, "metadata.b"),
    "fast copy of a changed message": (by_fast_copy_of_a_changed_message, "to[0]"),
    "changed request": (by_request, "idempotency_key"),
    "constructed request": (by_constructed_request, "idempotency_key"),
    "message of a changed request": (by_message_of_a_request, "to[0]"),
}


@pytest.mark.parametrize(("way", "field"), WAYS_AROUND.values(), ids=WAYS_AROUND)
async def test_backend_refuses_values_that_no_rule_has_seen(
    send: Send, message: EmailMessage, way: Callable[[EmailMessage], EmailMessage], field: str
) -> None:
    with pytest.raises(InvalidMessageError) as caught:
        await send(way(message))

    assert field in [error.field for error in caught.value.errors]


def test_ses_backend_refuses_a_single_changed_message(message: EmailMessage) -> None:
    with pytest.raises(InvalidMessageError, match=r"to\[0\]"):
        SESBackend(**DEAD_SERVICE).send_one(by_dict(message))


@pytest.mark.parametrize(
    "way",
    [copy.copy, copy.deepcopy, EmailMessage.model_copy],
    ids=["copy", "deepcopy", "model_copy"],
)
def test_backend_takes_a_copy_of_a_message(
    message: EmailMessage, way: Callable[[EmailMessage], EmailMessage]
) -> None:
    assert way(message) == message
    assert get_connection("memory").send_messages([way(message)]).is_success
    assert outbox[-1].message == message


def test_backend_takes_constructed_messages_with_valid_values(message: EmailMessage) -> None:
    made = EmailMessage.model_construct(**VALID)

    (checked,) = validate_messages([made])

    assert checked == message
    assert checked.to == (ANNA,)


def test_checked_message_is_not_checked_again(message: EmailMessage) -> None:
    request = EmailRequest.from_message(message, "key")
    messages = [message, message.replace(subject="s"), message._with(body="b"), request.message]

    checked = validate_messages(messages)

    assert all(after is before for before, after in zip(messages, checked, strict=True))


def test_validation_of_a_changed_message_checks_it(message: EmailMessage) -> None:
    with pytest.raises(InvalidMessageError, match=r"to\[0\]"):
        EmailMessage.model_validate(by_dict(message))


def test_changed_attachment_is_refused_by_a_new_message(message: EmailMessage) -> None:
    attachment = by_attachment(message).attachments[0]

    with pytest.raises(InvalidMessageError, match=r"attachments\[0\]\.filename"):
        EmailMessage(**VALID | {"attachments": [attachment]})


@pytest.mark.parametrize("kind", [EmailMessage, EmailRequest])
def test_replace_returns_a_checked_copy(kind: type[EmailMessage]) -> None:
    message = kind(**VALID)

    changes: dict[str, Any] = {"to": ["b@example.com"], "merge_data": None, "subject": "Hi"}

    copied = message.replace(**changes)

    assert copied == kind(**VALID | changes)
    assert type(copied) is kind
    assert message.to == (ANNA,)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"to": ("not an address",)}, "to[0]"),
    "two fields": ({"tags": [""], "cc": "c@example.com"}, "cc"),
    "rule between fields": ({"merge_data": {"ben@example.com": {}}}, "merge_data.ben@example.com"),
    "unknown field": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize(("changes", "field"), WRONG.values(), ids=WRONG)
def test_replace_names_the_broken_field(
    message: EmailMessage, changes: dict[str, Any], field: str
) -> None:
    for change in (message.replace, lambda **update: message.model_copy(update=update)):
        with pytest.raises(InvalidMessageError) as caught:
            change(**changes)
        assert field in [error.field for error in caught.value.errors]


def test_replace_says_that_a_field_does_not_exist(message: EmailMessage) -> None:
    with pytest.raises(InvalidMessageError, match=r"^colour: is not a field of an email$"):
        message.replace(colour="red")


@pytest.mark.skipif(not hasattr(copy, "replace"), reason="copy.replace is new in Python 3.13")
def test_copy_replace_is_checked(message: EmailMessage) -> None:
    with pytest.raises(InvalidMessageError, match=r"to\[0\]"):
        copy.replace(message, to=("not an address",))  # type: ignore[attr-defined]


def test_request_of_a_message_has_a_checked_key(message: EmailMessage) -> None:
    with pytest.raises(InvalidMessageError, match="idempotency_key: must be 1 to 128 letters"):
        EmailRequest.from_message(message, "a b")


def nested(message: EmailMessage) -> list[Any]:
    assert message.merge_data
    assert message.merge_global_data
    order: Any = message.merge_data[ANNA]["order"]
    return [
        message.headers,
        message.metadata,
        message.merge_data,
        message.merge_data[ANNA],
        order,
        order["items"][1],
        order["items"],
        message.merge_global_data,
        message.merge_global_data["year"],
    ]


DICT_CHANGES: dict[str, Callable[[Any], object]] = {
    "item": lambda value: value.__setitem__("number", "a\nb"),
    "del": lambda value: value.__delitem__("number"),
    "|=": lambda value: value.__ior__({"number": "a\nb"}),
    "clear": lambda value: value.clear(),
    "pop": lambda value: value.pop("number", None),
    "popitem": lambda value: value.popitem(),
    "setdefault": lambda value: value.setdefault("number", 1),
    "update": lambda value: value.update(number="a\nb"),
}
LIST_CHANGES: dict[str, Callable[[Any], object]] = {
    "item": lambda value: value.__setitem__(0, "a\nb"),
    "del": lambda value: value.__delitem__(0),
    "+=": lambda value: value.__iadd__(["a"]),
    "*=": lambda value: value.__imul__(2),
    "append": lambda value: value.append("a"),
    "clear": lambda value: value.clear(),
    "extend": lambda value: value.extend(["a"]),
    "insert": lambda value: value.insert(0, "a"),
    "pop": lambda value: value.pop(),
    "remove": lambda value: value.remove("a"),
    "reverse": lambda value: value.reverse(),
    "sort": lambda value: value.sort(),
}


@pytest.mark.parametrize("way", ["made", "read", "replaced", "fast", "copied", "pickled"])
def test_values_of_a_message_are_frozen_at_every_depth(message: EmailMessage, way: str) -> None:
    copies: dict[str, Callable[[], EmailMessage]] = {
        "made": lambda: message,
        "read": lambda: EmailMessage.from_json(message.to_json()),
        "replaced": lambda: message.replace(subject="Hi"),
        "fast": lambda: message._with(merge_data={ANNA: message.merge_data[ANNA]}),  # type: ignore[index]
        "copied": lambda: copy.deepcopy(message),
        "pickled": lambda: pickle.loads(pickle.dumps(message)),
    }
    for value in nested(copies[way]()):
        for change in (DICT_CHANGES if isinstance(value, dict) else LIST_CHANGES).values():
            with pytest.raises(TypeError, match=r"frozen: .* with message\.replace\(\.\.\.\)"):
                change(value)


def test_frozen_values_equal_plain_values(message: EmailMessage) -> None:
    assert message.merge_data == VALID["merge_data"]
    assert message.merge_global_data == {"year": [2026]}
    assert json.loads(json.dumps(message.merge_data)) == VALID["merge_data"]
    assert json.loads(message.to_json())["merge_data"] == VALID["merge_data"]
    assert message.model_dump()["merge_data"] == VALID["merge_data"]


def test_values_given_to_a_message_stay_changeable() -> None:
    values: dict[str, Any] = {"items": ["a"]}

    message = EmailMessage(**VALID | {"merge_global_data": values})
    values["items"].append("b")

    assert message.merge_global_data == {"items": ["a"]}
