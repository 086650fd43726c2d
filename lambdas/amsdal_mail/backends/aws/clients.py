"""Makes boto3 clients, with errors of ours, and without harm from a fork meanwhile."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.backends.aws.call import trace
from amsdal_mail.backends.aws.large_content import stream_large_content
from amsdal_mail.backends.aws.options import AWSOptions
from amsdal_mail.backends.aws.setup_check import check_setup
from amsdal_mail.backends.aws.unsent import classify_unsent_error
from amsdal_mail.status import ConfigurationError

__all__ = ["checked_client", "configuration_errors", "making_client", "new_client"]

FORK_PATIENCE = 10.0
"""Seconds for which a fork waits for a client that is being made. A process that is forked in the
middle of an import can never import that module."""

CREATION_ERRORS = (BotoCoreError, ClientError, LookupError, OSError, TypeError, ValueError)

making = threading.RLock()
"""Held while a client is made, and during a fork."""


def new_client(service_name: str, options: AWSOptions, config: dict[str, Any]) -> Any:
    """Return a new boto3 client.

    Raises:
        ConfigurationError: an option, the environment or a profile is wrong.
    """
    with making_client():
        from botocore.config import Config

        create_client = _client_factory(options)
        client = create_client(
            service_name,
            region_name=options.region_name,
            endpoint_url=options.endpoint_url,
            config=Config(**config),
        )
        return checked_client(client, options)


def _client_factory(options: AWSOptions) -> Callable[..., Any]:
    if options.session is not None:
        return options.session.client
    try:
        import boto3
    except RuntimeError:  # it needs thread pools, which cannot be loaded while Python ends
        from botocore.session import Session

        keys = {name: v for name, v in options.session_arguments().items() if name != "region_name"}
        return partial(Session().create_client, **keys)
    return boto3.Session(**options.session_arguments()).client


@contextmanager
def making_client() -> Iterator[None]:
    """Let a fork wait until the client is made. See `configuration_errors` for its errors."""
    with making, configuration_errors():
        yield


@contextmanager
def configuration_errors() -> Iterator[None]:
    """Raise each error of making a client as ConfigurationError: nothing is sent yet.

    The SDK raises its own errors, and Python's for a wrong URL or file.
    """
    try:
        yield
    except ConfigurationError:
        raise
    except CREATION_ERRORS as error:
        result = classify_unsent_error(error)
        text = result.error_message or type(error).__name__
        raised = (result.raises or ConfigurationError)(text)
        # The text of the first error may have a password that ours leaves out.
        raise raised from (error if text == str(error) else None)


def checked_client(client: Any, options: AWSOptions) -> Any:
    """Return the client, with its set-up checked, its calls traced, its files streamed."""
    check_setup(client, options)
    trace(client)
    stream_large_content(client)
    return client


# A fork waits for the client that another thread makes, and the child gets new locks.


def _before_fork() -> None:
    global _is_held
    _is_held = making.acquire(timeout=FORK_PATIENCE)


def _after_fork_in_parent() -> None:
    if _is_held:
        making.release()


def _after_fork_in_child() -> None:
    global making
    making = threading.RLock()


_is_held = False
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
