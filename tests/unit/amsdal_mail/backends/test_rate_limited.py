"""A connection that keeps to a send rate."""

from __future__ import annotations

import pytest

from amsdal_mail import EmailMessage, get_connection
from amsdal_mail.backends.aws.flow import Call, Response, Wait
from amsdal_mail.backends.ses import SESBackend
from amsdal_mail.rate_limit import RateLimiter
from amsdal_mail.status import ConfigurationError

ACCEPTED = {"MessageId": "ses-1"}


def message(*to: str, **fields: object) -> EmailMessage:
    people = [f"{one}@example.com" for one in to]
    return EmailMessage(
        subject="Hi", body="Hello", from_email="shop@example.com", to=people, **fields
    )


def pauses(*messages: EmailMessage, rate: float | None = 10) -> list[float]:
    """Play SES for the messages, one after the other and in no time."""
    backend = SESBackend(max_send_rate=rate, environ={})
    if rate:
        backend._pace = RateLimiter(rate, lambda: 0.0)
    found = []
    for flow in backend.plan(list(messages)).flows:
        answer: Response = None
        try:
            while True:
                effect = flow.send(answer)
                if isinstance(effect, Wait):
                    found.append(effect.seconds)
                is_bulk = isinstance(effect, Call) and effect.operation == "send_bulk_email"
                entry = {"Status": "SUCCESS", **ACCEPTED}
                answer = {"BulkEmailEntryResults": [entry] * 2} if is_bulk else ACCEPTED
        except StopIteration:
            pass
    return found


def test_each_message_waits_for_the_recipients_before_it() -> None:
    sent = [message("anna"), message("ben", "carl", cc=["dora@example.com"]), message("emil")]

    assert pauses(*sent) == pytest.approx([0, 0.1, 0.4])


def test_every_entry_of_a_bulk_call_counts() -> None:
    merged = message("anna", "ben", cc=["carl@example.com"], merge_data={})

    assert pauses(merged, message("dora")) == pytest.approx([0, 0.4])


def test_without_a_rate_nobody_waits() -> None:
    assert pauses(message("anna"), message("ben"), rate=None) == []


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="max_send_rate"):
        get_connection("ses", max_send_rate=rate)
