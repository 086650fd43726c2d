"""The backend of Django: its settings, its results and its errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.test import override_settings
from typing_extensions import override

from amsdal_mail import (
    ConfigurationError,
    InvalidMessageError,
    RecipientStatus,
    RejectedError,
    SendState,
    SendStatus,
)
from amsdal_mail.backends.base import BaseBackend, validate_messages
from amsdal_mail.backends.memory import outbox
from amsdal_mail.django import EmailBackend

STATES = {"bounce@example.org": SendState.REJECTED, "lost@example.org": SendState.UNKNOWN}
FIXED = "tests.django.test_backend.FixedBackend"
REFUSED = "tests.django.test_backend.RefusedBackend"


class FixedBackend(BaseBackend):
    """Accepts all recipients but those in STATES."""

    made = 0

    def __init__(self, *, name: str = "") -> None:
        type(self).made += 1

    @override
    def send_messages(self, messages: Iterable[Any]) -> SendStatus:
        return SendStatus.combine(
            SendStatus.from_recipients(
                RecipientStatus(to, STATES.get(to, SendState.ACCEPTED), "id") for to in each.to
            )
            for each in validate_messages(messages)
        )

    @override
    async def asend_messages(self, messages: Iterable[Any]) -> SendStatus:
        return self.send_messages(messages)


class RefusedBackend(FixedBackend):
    @override
    def send_messages(self, messages: Iterable[Any]) -> SendStatus:
        status = super().send_messages(messages)
        raise ConfigurationError("The identity is not verified.", status)


def message(to: str = "anna@example.org") -> Any:
    return EmailMessage("Order", "Thanks", "shop@example.com", [to])


@override_settings(AMSDAL_MAIL={"BACKEND": FIXED})
def test_refused_recipient_raises_after_all_were_sent() -> None:
    letters = [message("bounce@example.org"), message()]
    with pytest.raises(RejectedError, match="bounce@example"):
        mail.get_connection().send_messages(letters)
    states = [letter.anymail_status.status for letter in letters]
    assert states == [{"rejected"}, {"queued"}]


@override_settings(AMSDAL_MAIL={"BACKEND": FIXED})
def test_fail_silently_counts_what_was_sent() -> None:
    letters = [message("bounce@example.org"), message(), message("lost@example.org")]
    assert mail.get_connection(fail_silently=True).send_messages(letters) == 1
    assert [letter.send_status.is_success for letter in letters] == [False, True, False]


@override_settings(AMSDAL_MAIL={"BACKEND": REFUSED})
def test_refused_set_up_raises_and_sets_the_statuses() -> None:
    letter = message()
    with pytest.raises(ConfigurationError, match="not verified"):
        letter.send()
    assert letter.send_status.message_id == "id"
    assert EmailBackend(fail_silently=True).send_messages([message()]) == 1


def test_fail_silently_hides_an_invalid_message() -> None:
    assert message("no address").send(fail_silently=True) == 0
    with pytest.raises(InvalidMessageError):
        message("no address").send()


@override_settings(AMSDAL_MAIL={"BACKEND": FIXED, "OPTIONS": {"name": "once"}})
def test_connection_is_made_once_for_many_sends() -> None:
    before = FixedBackend.made
    for _ in range(3):
        message().send()
    assert FixedBackend.made == before + 1
    with override_settings(AMSDAL_MAIL={"BACKEND": FIXED, "OPTIONS": {"name": "other"}}):
        message().send()
    assert FixedBackend.made == before + 2


def test_backend_is_a_context_manager() -> None:
    with EmailBackend(backend=FIXED) as backend:
        assert backend.send_messages([message()]) == 1


@override_settings(AMSDAL_MAIL={"BACKEND": FIXED})
def test_environment_replaces_the_backend_in_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    message().send()
    assert outbox == []
    monkeypatch.setenv("AMSDAL_EMAIL_BACKEND", "memory")
    message().send()
    assert len(outbox) == 1


@override_settings(AMSDAL_MAIL={"BACKEND": "sqs", "OPTIONS": {"queue_url": "https://q.example"}})
def test_options_of_the_setting_are_for_its_backend_only() -> None:
    assert EmailBackend(backend="memory").send_messages([message()]) == 1
    assert len(outbox) == 1


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (["memory"], "must be a dict"),
        ({"BACKENDS": "memory"}, "has no BACKENDS: it has BACKEND, OPTIONS and SEND_DEFAULTS"),
        ({"OPTIONS": 1}, r"AMSDAL_MAIL\['OPTIONS'\] must be a dict"),
    ],
)
def test_wrong_setting_is_named(given: Any, rule: str) -> None:
    with override_settings(AMSDAL_MAIL=given), pytest.raises(ImproperlyConfigured, match=rule):
        message().send()


@override_settings(AMSDAL_MAIL={"BACKEND": "memory", "OPTIONS": {"queue": "x"}})
def test_unknown_option_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="has no option queue"):
        message().send()


@override_settings(AMSDAL_MAIL={"BACKEND": "memory"})
def test_user_of_smtp_is_not_an_option() -> None:
    count = mail.send_mail(
        "Order", "Thanks", "shop@example.com", ["a@example.org"], auth_user="u", auth_password="p"
    )
    assert count == 1
