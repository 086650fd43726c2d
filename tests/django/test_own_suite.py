"""Django's own tests of email backends, from its source distribution, run against ours.

Each class of Django that every backend of Django must pass is taken whole, with ours as the
backend. What is left out stands in LEFT_OUT, each with the reason.
"""

from __future__ import annotations

import email
from email import policy
from importlib import import_module
from typing import Any

import django
import pytest
from django.test import SimpleTestCase, override_settings

from amsdal_mail.backends.memory import outbox
from amsdal_mail.django import EmailBackend
from tests.django.conftest import DJANGO_SOURCE

if not DJANGO_SOURCE:
    pytest.skip("DJANGO_SOURCE names no source of Django", allow_module_level=True)

IS_NEW = django.VERSION >= (6, 1)
SHARED: Any = (
    import_module("mail.test_backends").SharedEmailBackendTests
    if IS_NEW
    else import_module("mail.tests").BaseEmailBackendTests
)
LEFT_OUT = {
    "test_recipient_without_domain": "SES takes no address without a domain",
    "test_lazy_addresses": "its addresses have no domain; test_messages has lazy ones with one",
    "test_message_cc_header": "SES writes Date; a text is quoted-printable, never 7bit",
    "test_fail_silently_arg_accepted": "Django's backends lose fail_silently; this one keeps it",
}
"""The tests that this backend does not pass on purpose, with the reason."""


@override_settings(AMSDAL_MAIL={"BACKEND": "memory"})
class DjangosBackendTests(SHARED, SimpleTestCase):  # type: ignore[misc]
    backend_class = EmailBackend
    email_backend = "amsdal_mail.django.EmailBackend"

    def setUp(self) -> None:
        super().setUp()
        if self._testMethodName in LEFT_OUT:
            self.skipTest(LEFT_OUT[self._testMethodName])

    def flush_mailbox(self) -> None:
        outbox.clear()

    def get_mailbox_content(self) -> list[Any]:
        style: Any = policy.default if django.VERSION >= (5, 2) else policy.compat32
        return [
            _as_django_writes(
                email.message_from_bytes(rendered.replace(b"\r\n", b"\n"), policy=style)
            )
            for sent in outbox
            for rendered in sent.rendered
        ]


def _as_django_writes(message: Any) -> Any:
    """Return the message with texts as Django before 6.1 wrote them: without a last line break."""
    for part in message.walk() if not IS_NEW else ():
        if part.get_content_maintype() == "text":
            text = part.get_payload(decode=True).decode()
            part.set_payload(text.removesuffix("\n"), "utf-8")
    return message


def test_the_tests_of_django_are_there() -> None:
    names = {name for name in dir(SHARED) if name.startswith("test_")}
    assert {"test_send", "test_send_unicode", "test_send_many"} <= names
    assert len(names - set(LEFT_OUT)) >= 9
