"""Runs a console in a thread, for a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from amsdal_mail.console import server
from amsdal_mail.console.context import Console
from amsdal_mail.console.stage_source import StageSource
from local.inbox.stack import StackAddress, stage_of
from local.stack.local_aws import LocalAWS

__all__ = ["console_of", "running"]


def console_of(aws: LocalAWS) -> Console:
    """Return the console of the stack that is deployed in a local AWS."""
    address = StackAddress(api_url=aws.api_url, aws_endpoint=aws.endpoint, outputs=aws.outputs)
    return Console(StageSource(stage_of(address, aws.ses_url)), allow_changes=True)


@contextmanager
def running(console: Console) -> Iterator[str]:
    """Serve the console within the block; yield its one-time address."""
    with server.listen(0) as listener:
        running_server, address = server.prepare(console, listener.getsockname()[1])
        thread = threading.Thread(target=running_server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address
        finally:
            running_server.should_exit = True
            thread.join()
