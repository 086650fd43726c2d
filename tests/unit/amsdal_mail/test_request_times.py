"""The times of a request, by the library."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from amsdal_mail import EmailMessage, EmailRequest, InvalidMessageError, get_connection, send_mail
from amsdal_mail.backends.base import BaseBackend
from amsdal_mail.backends.memory import MemoryBackend, outbox

EMAIL: dict[str, Any] = {
    "subject": "Reminder",
    "body": "Tomorrow at nine.",
    "from_email": "shop@example.com",
    "to": ["anna@example.com"],
}
BERLIN = ZoneInfo("Europe/Berlin")
TIME = "2026-12-24T18:00:00Z"


def test_json_has_the_times_in_utc() -> None:
    request = EmailRequest(
        **EMAIL, send_at=datetime(2026, 12, 24, 18, tzinfo=BERLIN), expires_in=timedelta(hours=1)
    )

    document = json.loads(request.to_json())

    assert document["send_at"] == "2026-12-24T17:00:00Z"
    assert document["expires_in"] == 3600
    assert EmailRequest.from_json(request.to_json()) == request


def test_message_itself_has_no_times() -> None:
    request = EmailRequest(**EMAIL, send_at=TIME)

    assert type(request.message) is EmailMessage
    with pytest.raises(InvalidMessageError, match="send_at"):
        EmailMessage.model_validate({**EMAIL, "send_at": TIME})


def test_times_of_other_offsets_are_the_same() -> None:
    here = EmailRequest(**EMAIL, send_at="2026-12-24T18:00:00+01:00")
    there = EmailRequest(**EMAIL, send_at="2026-12-24T12:00:00-05:00")

    assert here.times == there.times == {"send_at": "2026-12-24T17:00:00+00:00"}


def test_request_with_a_new_key_keeps_its_times() -> None:
    request = EmailRequest(**EMAIL, send_at=TIME)

    keyed = EmailRequest.from_message(request, "order-1")

    assert keyed.send_at == request.send_at
    assert keyed.idempotency_key == "order-1"


def connection(backend: str, **options: Any) -> BaseBackend:
    return get_connection(
        backend,
        region_name="eu-west-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        **options,
    )


@pytest.mark.parametrize(
    "times",
    [{"send_at": TIME}, {"expires_at": TIME}, {"expires_in": 60}],
    ids=["send_at", "expires_at", "expires_in"],
)
def test_backend_ses_refuses_times_and_names_another(times: dict[str, Any]) -> None:
    ses = connection("ses")
    (field,) = times

    with pytest.raises(InvalidMessageError, match=f"{field}: .*backend sqs"):
        send_mail("Hi", "Hello", "shop@example.com", ["a@example.com"], connection=ses, **times)
    with pytest.raises(InvalidMessageError, match=field):
        ses.send_messages([EmailMessage(**EMAIL), EmailRequest(**EMAIL, **times)])


def test_send_mail_passes_the_times_on() -> None:
    outbox.clear()

    send_mail(
        "Hi",
        "Hello",
        "shop@example.com",
        ["anna@example.com"],
        connection=MemoryBackend(),
        send_at=TIME,
    )

    request = outbox[0].message
    assert isinstance(request, EmailRequest)
    assert request.send_at == datetime(2026, 12, 24, 18, tzinfo=UTC)


def test_backend_sqs_refuses_a_time_that_is_too_far() -> None:
    sqs = connection("sqs", queue_url="https://sqs.eu-west-1.amazonaws.com/1/send")
    far = datetime.now(UTC) + timedelta(days=366)

    with pytest.raises(InvalidMessageError, match="365 days"):
        sqs.send_messages([EmailRequest(**EMAIL, send_at=far)])


@pytest.mark.parametrize("send_at", ["soon", datetime(2026, 12, 24, 18), 5, ""])  # noqa: DTZ001
def test_unreadable_time_is_refused_at_once(send_at: Any) -> None:
    with pytest.raises(InvalidMessageError, match="send_at"):
        EmailRequest(**EMAIL, send_at=send_at)
