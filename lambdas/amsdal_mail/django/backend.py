"""EmailBackend: sends the messages of django.core.mail through a backend of this library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import VERSION
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from typing_extensions import override

from amsdal_mail.connection import option_names, shared_connection
from amsdal_mail.django.anymail import AnymailStatus
from amsdal_mail.django.convert import convert
from amsdal_mail.exceptions import MailError
from amsdal_mail.status import ConfigurationError, SendStatus

if TYPE_CHECKING:
    from django.core.mail import EmailMessage as DjangoMessage

__all__ = ["EmailBackend"]

MAILERS_VERSION = (6, 1)
"""The first Django that has the setting MAILERS. It refuses options that a backend does not have.

An earlier Django leaves that to the backend: `get_connection` of this library refuses them.
https://docs.djangoproject.com/en/6.1/ref/settings/#mailers
"""
SETTING = "AMSDAL_MAIL"
BACKEND, OPTIONS, DEFAULTS = "BACKEND", "OPTIONS", "SEND_DEFAULTS"
NOT_FOR_SES = ("username", "password", "_ignore_unknown_kwargs")
"""What Django gives to every backend: the user of SMTP (`send_mail(auth_user=…)`), and a note."""


class EmailBackend(BaseEmailBackend):  # type: ignore[misc]
    """Sends each message through the backend that the setting AMSDAL_MAIL names.

    ```python
    AMSDAL_MAIL = {
        "BACKEND": "sqs",                  # as in get_connection(); default: the environment's
        "OPTIONS": {"queue_url": "…"},     # its options
        "SEND_DEFAULTS": {"tags": ["shop"]},   # fields of every message
    }
    ```

    All messages of a call are checked before one of them is sent. After the call, each has
    `send_status`, a SendStatus, and `anymail_status` with Anymail's names.

    Args:
        fail_silently: return the number of messages that were sent, and raise no MailError.
        alias: the name in Django's setting MAILERS.
        backend: the backend in place of the setting's.
        **options: options of the backend, before those of the setting.
    """

    def __init__(
        self,
        fail_silently: bool = False,
        *,
        alias: str | None = None,
        backend: str | None = None,
        **options: Any,
    ) -> None:
        given = _given_settings()
        self._name: str | None = backend or given.get(BACKEND)
        for name in NOT_FOR_SES:
            options.pop(name, None)
        unknown = {name: options[name] for name in set(options) - option_names(self._name)}
        if VERSION >= MAILERS_VERSION:
            super().__init__(alias=alias, **dict(sorted(unknown.items())))
            options = {name: options[name] for name in options if name not in unknown}
        else:
            super().__init__()
        self.alias = alias
        self.fail_silently = fail_silently
        # The options of the setting belong to its backend, not to another.
        shared = given.get(OPTIONS, {}) if self._name == given.get(BACKEND) else {}
        self._options: dict[str, Any] = {**shared, **options}
        self._defaults: Mapping[str, Any] = given.get(DEFAULTS, {})

    @override
    def open(self) -> None:
        """Make what sending needs, unless an earlier backend with the same options did."""
        try:
            shared_connection(self._name, self._options).open()
        except ConfigurationError:
            if not self.fail_silently:
                raise

    @override
    def send_messages(self, email_messages: Sequence[DjangoMessage]) -> int:
        """Send the messages. Return how many were sent to at least one recipient.

        Raises:
            InvalidMessageError: a message breaks a rule; none of the messages was sent.
            ValueError: a subject, an address or a header has a line break; none was sent.
            SendError: a recipient was not accepted. The other messages were sent.
            ConfigurationError: the backend's configuration is wrong, or AWS refuses it.
        """
        messages = [message for message in email_messages or () if message.recipients()]
        if not messages:
            return 0
        try:
            converted = [convert(message, self._defaults) for message in messages]
            status = shared_connection(self._name, self._options).send_messages(converted)
        except ConfigurationError as error:
            if error.status is not None:
                _set_statuses(messages, error.status)
            if not self.fail_silently:
                raise
            return _count_sent(error.status)
        except (MailError, ValueError):
            if not self.fail_silently:
                raise
            return 0
        _set_statuses(messages, status)
        if not self.fail_silently:
            for part in status.messages:
                part.raise_for_status()
        return _count_sent(status)


def _given_settings() -> Mapping[str, Any]:
    """Return the setting AMSDAL_MAIL.

    Raises:
        ImproperlyConfigured: it is not a dict, or has a name that does not exist.
    """
    given = getattr(settings, SETTING, {})
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(f"{SETTING} must be a dict, is {type(given).__name__}")
    unknown = sorted(set(given) - {BACKEND, OPTIONS, DEFAULTS})
    if unknown:
        names = ", ".join(map(str, unknown))
        raise ImproperlyConfigured(
            f"{SETTING} has no {names}: it has {BACKEND}, {OPTIONS} and {DEFAULTS}"
        )
    for name in (OPTIONS, DEFAULTS):
        if not isinstance(given.get(name, {}), Mapping):
            raise ImproperlyConfigured(f"{SETTING}[{name!r}] must be a dict")
    return given


def _set_statuses(messages: Sequence[DjangoMessage], status: SendStatus) -> None:
    for message, part in zip(messages, status.messages, strict=True):
        message.send_status = part
        message.anymail_status = AnymailStatus.from_status(part)


def _count_sent(status: SendStatus | None) -> int:
    parts = status.messages if status else ()
    return sum(any(r.is_success for r in part.recipients.values()) for part in parts)
