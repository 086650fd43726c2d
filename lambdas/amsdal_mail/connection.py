"""Choose a backend by name, and send one email in one call."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, TypedDict, Unpack

from amsdal_mail.backends.base import BaseBackend
from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import ConfigurationError, SendStatus

__all__ = ["asend_mail", "get_connection", "send_mail"]

BACKENDS = {
    "console": "amsdal_mail.backends.console.ConsoleBackend",
    "memory": "amsdal_mail.backends.memory.MemoryBackend",
    "ses": "amsdal_mail.backends.ses.SESBackend",
    "sqs": "amsdal_mail.backends.sqs.SQSBackend",
}


def get_connection(backend: str | None = None, **options: Any) -> BaseBackend:
    """Make a backend: `ses`, `sqs`, `console`, `memory`, or the dotted path of a class.

    Without a name it is the environment's AMSDAL_EMAIL_BACKEND, else `ses`. The options are those
    of the backend's class.

    Raises:
        ConfigurationError: there is no such backend, or it has no such option.
    """
    name = backend or os.environ.get("AMSDAL_EMAIL_BACKEND") or "ses"
    backend_class = _backend_class(name)
    try:
        return backend_class(**options)
    except TypeError as error:
        given, rule = ", ".join(options) or "no options", str(error).rpartition("() ")[2]
        meant = _suggest(options, backend_class.option_names())
        advice = f" (did you mean {', '.join(meant)}?)" if meant else ""
        raise ConfigurationError(f"backend {name!r} with {given}: {rule}{advice}") from error


def _suggest(given: Iterable[str], known: Collection[str]) -> list[str]:
    from difflib import get_close_matches

    unknown = [one for one in given if one not in known]
    return [near for one in unknown for near in get_close_matches(one, known, 1)]


def _backend_class(name: str) -> type[BaseBackend]:
    module_name, _, class_name = BACKENDS.get(name, name).rpartition(".")
    if not module_name:
        known = ", ".join(sorted(BACKENDS))
        raise ConfigurationError(f"unknown backend {name!r}: choose {known} or a dotted path")
    try:
        found = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        advice = ": pip install boto3 aioboto3" if name in BACKENDS else ""
        raise ConfigurationError(f"backend {name!r} cannot be imported: {error}{advice}") from error
    if not (isinstance(found, type) and issubclass(found, BaseBackend)):
        raise ConfigurationError(f"backend {name!r} is no subclass of BaseBackend")
    return found


DJANGO_ARGUMENT_NAMES = {"html_body": "html_message", "body": "message", "to": "recipient_list"}
"""Names of an EmailMessage that Django's send_mail spells differently."""


class MailOptions(TypedDict, total=False):
    """What else an email may carry; EmailMessage tells the rules of each."""

    html_message: str | None
    cc: Sequence[str]
    bcc: Sequence[str]
    reply_to: Sequence[str]
    headers: Mapping[str, str]
    attachments: Sequence[Attachment]
    tags: Sequence[str]
    metadata: Mapping[str, str]
    template_id: str | None
    merge_data: Mapping[str, Mapping[str, Any]] | None
    merge_global_data: Mapping[str, Any] | None
    escape_merge_data: bool
    track_opens: bool | None
    track_clicks: bool | None


def send_mail(
    subject: str,
    message: str,
    from_email: str,
    recipient_list: Sequence[str],
    *,
    connection: BaseBackend | None = None,
    **options: Unpack[MailOptions],
) -> SendStatus:
    """Send one email and tell what became of it for each recipient.

    Without a `connection` the default one is used, and kept for the next call.

    Raises:
        InvalidMessageError: a field breaks a rule; nothing was sent.
        ConfigurationError: the connection cannot work as it is set up.
    """
    email = _build_message(subject, message, from_email, recipient_list, options)
    return _resolve_connection(connection).send_messages([email])


async def asend_mail(
    subject: str,
    message: str,
    from_email: str,
    recipient_list: Sequence[str],
    *,
    connection: BaseBackend | None = None,
    **options: Unpack[MailOptions],
) -> SendStatus:
    """Do what `send_mail` does, without blocking the event loop.

    For many calls, open one connection (`async with get_connection() as connection`) and pass it:
    otherwise each call makes an AWS client of its own.
    """
    email = _build_message(subject, message, from_email, recipient_list, options)
    return await _resolve_connection(connection).asend_messages([email])


def _build_message(
    subject: str, body: str, from_email: str, to: Sequence[str], options: MailOptions
) -> EmailMessage:
    for given, ours in DJANGO_ARGUMENT_NAMES.items():
        if given in options:
            raise TypeError(f"send_mail() has no argument {given!r}: it is called {ours} here")
    fields: dict[str, Any] = dict(options)
    html_body = fields.pop("html_message", None)
    every = {"subject": subject, "body": body, "html_body": html_body, "from_email": from_email}
    return EmailMessage(**every, to=to, **fields)


def _resolve_connection(connection: BaseBackend | None) -> BaseBackend:
    if connection is None:
        return _default_connection()
    if not isinstance(connection, BaseBackend):
        raise TypeError(f"connection must be a backend, as get_connection() makes: {connection!r}")
    return connection


def _default_connection() -> BaseBackend:
    ours = ("AMSDAL_", "AWS_")
    return _connection_for(
        tuple(sorted(one for one in os.environ.items() if one[0].startswith(ours)))
    )


@lru_cache(maxsize=1)
def _connection_for(_environment: tuple[tuple[str, str], ...]) -> BaseBackend:
    return get_connection()
