"""Choose a backend by name, and send one email in one call."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, Unpack

from typing_extensions import override

from amsdal_mail.backends.base import BaseBackend
from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.message.email import SERVICE_FIELDS, EmailMessage, EmailRequest
from amsdal_mail.message.options import SharedOptions
from amsdal_mail.status import (
    ConfigurationError,
    RecipientStatus,
    RetryHint,
    SendState,
    SendStatus,
)

__all__ = ["asend_mail", "get_connection", "option_names", "send_mail", "shared_connection"]

BACKENDS = {
    "console": "amsdal_mail.backends.console.ConsoleBackend",
    "memory": "amsdal_mail.backends.memory.MemoryBackend",
    "ses": "amsdal_mail.backends.ses.SESBackend",
    "sqs": "amsdal_mail.backends.sqs.SQSBackend",
}
BACKEND_VARIABLE = "AMSDAL_EMAIL_BACKEND"
SENDER_VARIABLE = "AMSDAL_DEFAULT_FROM"
MEMORY = "memory"

ANY_ARGUMENTS = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}


def get_connection(backend: str | None = None, **options: Any) -> BaseBackend:
    """Return a new backend.

    Args:
        backend: `ses`, `sqs`, `console`, `memory`, or the dotted path of a class. Without it, the
            environment's AMSDAL_EMAIL_BACKEND decides; without that too, it is `ses`. Where
            AMSDAL_EMAIL_BACKEND is `memory`, it replaces any backend: tests send nothing.
        **options: The options of the backend's class.

    Raises:
        ConfigurationError: the backend does not exist, does not have one of the options, needs
            one that is missing, or refuses the value of one.
    """
    name = _backend_name(backend)
    backend_class = _backend_class(name)
    _check_option_names(name, backend_class, options)
    if os.environ.get(BACKEND_VARIABLE) == MEMORY and name != MEMORY:
        return _backend_class(MEMORY)()
    return backend_class(**options)


def option_names(backend: str | None = None) -> set[str]:
    """Return the names of the options of a backend, which is chosen as in `get_connection`."""
    return _backend_class(_backend_name(backend)).option_names()


def _backend_name(given: str | None) -> str:
    return given or os.environ.get(BACKEND_VARIABLE) or "ses"


def _check_option_names(
    name: str, backend_class: type[BaseBackend], given: Collection[str]
) -> None:
    parameters = signature(backend_class).parameters.values()
    named = {p.name: p for p in parameters if p.kind not in ANY_ARGUMENTS}
    options = backend_class.option_names()
    # A class that takes `**options` and does not name them checks them itself.
    is_open = any(p.kind is Parameter.VAR_KEYWORD for p in parameters) and options <= named.keys()
    unknown = [option for option in given if option not in options]
    if unknown and not is_open:
        raise ConfigurationError(
            f"backend {name!r} has no option {', '.join(unknown)}{_suggest(unknown, options)}"
        )
    missing = [p.name for p in named.values() if p.default is p.empty and p.name not in given]
    if missing:
        raise ConfigurationError(f"backend {name!r} needs the option {', '.join(missing)}")


def _suggest(unknown: Iterable[str], options: Collection[str]) -> str:
    from difflib import get_close_matches

    similar = [match for option in unknown for match in get_close_matches(option, options, 1)]
    return f" (did you mean {', '.join(similar)}?)" if similar else ""


def _backend_class(name: str) -> type[BaseBackend]:
    module_name, _, class_name = BACKENDS.get(name, name).rpartition(".")
    if not module_name:
        names = ", ".join(sorted(BACKENDS))
        raise ConfigurationError(f"unknown backend {name!r}: choose {names} or a dotted path")
    try:
        backend_class = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        advice = ": pip install 'amsdal_mail[ses]'" if name in BACKENDS else ""
        raise ConfigurationError(f"backend {name!r} cannot be imported: {error}{advice}") from error
    if not (isinstance(backend_class, type) and issubclass(backend_class, BaseBackend)):
        raise ConfigurationError(f"backend {name!r} is not a subclass of BaseBackend")
    return backend_class


DJANGO_ARGUMENT_NAMES = {"html_body": "html_message", "body": "message", "to": "recipient_list"}
"""Fields of an EmailMessage whose names in Django's send_mail are different."""

ENVIRONMENT_PREFIXES = ("AMSDAL_", "AWS_")
"""Prefixes of the environment variables that a connection depends on."""
SHARED_CONNECTIONS = 8
"""The number of shared connections that are kept."""
NO_OPTIONS: Mapping[str, Any] = {}


class MailOptions(SharedOptions, total=False):
    """Optional fields of an email. See EmailMessage and EmailRequest for the rules of each."""

    html_message: str | None
    idempotency_key: str | None
    """For the backend `sqs`: the id of the email. The service sends an email of one id once."""
    stream: str | None
    """`transactional` or `bulk`, for the backend `sqs`: the stream of the service."""
    send_at: datetime | str | None
    """For the backend `sqs`, as the next two: the service sends the email at its time."""
    expires_at: datetime | str | None
    expires_in: timedelta | float | None


def send_mail(
    subject: str,
    message: str | None,
    from_email: str | None,
    recipient_list: Sequence[str],
    *,
    connection: BaseBackend | None = None,
    **options: Unpack[MailOptions],
) -> SendStatus:
    """Send one email, and return the result for each recipient.

    Without a `connection`, the first call makes one as the environment says, and later calls use
    it again. Without a `from_email`, the sender is that of the environment's AMSDAL_DEFAULT_FROM.

    Raises:
        InvalidMessageError: a field breaks a rule; nothing was sent.
        ConfigurationError: the connection's configuration is wrong, or AWS refuses it.
    """
    email = _build_message(subject, message, from_email, recipient_list, options)
    return _connection_to_send(email, connection).send_messages([email])


async def asend_mail(
    subject: str,
    message: str | None,
    from_email: str | None,
    recipient_list: Sequence[str],
    *,
    connection: BaseBackend | None = None,
    **options: Unpack[MailOptions],
) -> SendStatus:
    """Send one email without blocking the event loop. See `send_mail`.

    For many calls, open one connection (`async with get_connection() as connection`) and pass it.
    Otherwise each call makes an AWS client.
    """
    email = _build_message(subject, message, from_email, recipient_list, options)
    return await _connection_to_send(email, connection).asend_messages([email])


def _build_message(
    subject: str, body: str | None, from_email: str | None, to: Sequence[str], options: MailOptions
) -> EmailMessage:
    sender = from_email or os.environ.get(SENDER_VARIABLE)
    if not sender:
        rule = f"must be given, or set by the environment's {SENDER_VARIABLE}"
        raise InvalidMessageError.for_field("from_email", rule)
    for field, argument in DJANGO_ARGUMENT_NAMES.items():
        if field in options:
            raise TypeError(f"send_mail() has no argument {field!r}: its name here is {argument}")
    fields: dict[str, Any] = dict(options)
    html_body = fields.pop("html_message", None)
    fields |= {"subject": subject, "body": body, "html_body": html_body}
    is_request = any(fields.get(name) is not None for name in SERVICE_FIELDS)
    kind = EmailRequest if is_request else EmailMessage
    return kind(from_email=sender, to=to, **fields)


def _connection_to_send(email: EmailMessage, connection: BaseBackend | None) -> BaseBackend:
    """Return the connection; the error of one that cannot be made has the email's status."""
    try:
        return _resolve_connection(connection)
    except ConfigurationError as error:
        error.status = SendStatus.from_recipients(
            RecipientStatus(
                address=recipient.addr_spec,
                state=SendState.FAILED,
                error_code=type(error).__name__,
                error_message=str(error),
                retry=RetryHint.LATER,
            )
            for recipient in email.recipients
        )
        raise


def _resolve_connection(connection: BaseBackend | None) -> BaseBackend:
    if connection is None:
        return shared_connection()
    if not isinstance(connection, BaseBackend):
        raise TypeError(f"connection must be a backend from get_connection(), got {connection!r}")
    return connection


def shared_connection(
    backend: str | None = None, options: Mapping[str, Any] = NO_OPTIONS
) -> BaseBackend:
    """Return the connection of this backend and these options, made at the first call.

    A connection costs more time than a send, and threads can share it. A changed environment
    makes another one. Raises as `get_connection` does.
    """
    variables = (item for item in os.environ.items() if item[0].startswith(ENVIRONMENT_PREFIXES))
    return _connection_for(backend, _Options(options), tuple(sorted(variables)))


class _Options(dict[str, Any]):
    """Options that can be the key of a cache."""

    @override
    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted((name, repr(value)) for name, value in self.items())))


@lru_cache(maxsize=SHARED_CONNECTIONS)
def _connection_for(
    backend: str | None, options: _Options, _environment: tuple[tuple[str, str], ...]
) -> BaseBackend:
    return get_connection(backend, **options)
