"""A connection that keeps to a send rate."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail import EmailMessage, get_connection
from amsdal_mail.backends.aws.flow import Call, Response
from amsdal_mail.backends.ses import SESBackend
from amsdal_mail.rate_limit import RateLimiter
from amsdal_mail.status import ConfigurationError
from tests.unit.amsdal_mail.backends.responses import SES_MODEL

ACCEPTED = {"MessageId": "ses-1"}


def message(*names: str, **fields: Any) -> EmailMessage:
    to = [f"{name}@example.com" for name in names]
    return EmailMessage(subject="Hi", body="Hello", from_email="shop@example.com", to=to, **fields)


def waits(*messages: EmailMessage, rate: float | None = 10) -> list[float]:
    """Return the waits of a send in which SES responds in no time."""
    backend = SESBackend(max_send_rate=rate, environ={})
    if rate:
        backend._rate_limiter = RateLimiter(rate, lambda: 0.0)
    seconds = []
    for flow in backend.plan(list(messages), SES_MODEL):
        response: Response = None
        try:
            while True:
                step = flow.send(response)
                if isinstance(step, Call) and step.delay:
                    seconds.append(step.delay())
                is_bulk = isinstance(step, Call) and step.operation == "send_bulk_email"
                entry = {"Status": "SUCCESS", **ACCEPTED}
                response = {"BulkEmailEntryResults": [entry] * 2} if is_bulk else ACCEPTED
        except StopIteration:
            pass
    return seconds


def test_each_message_waits_for_the_recipients_before_it() -> None:
    sent = [message("anna"), message("ben", "carl", cc=["dora@example.com"]), message("emil")]

    assert waits(*sent) == pytest.approx([0, 0.1, 0.4])


def test_every_entry_of_a_bulk_call_counts() -> None:
    bulk = message("anna", "ben", cc=["carl@example.com"], merge_data={})

    assert waits(bulk, message("dora")) == pytest.approx([0, 0.4])


def test_without_a_rate_there_is_no_wait() -> None:
    assert waits(message("anna"), message("ben"), rate=None) == []


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan")])
def test_rate_must_be_a_finite_number_above_0(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="max_send_rate must be a number greater than 0"):
        get_connection("ses", max_send_rate=rate)
