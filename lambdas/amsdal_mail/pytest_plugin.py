"""The pytest plugin of this library: the fixture `outbox`.

pytest loads it wherever the library is installed, so it imports nothing before a test asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amsdal_mail.outbox import Outbox

__all__ = ["outbox"]


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    """Yield the messages that the test sends, in their order. Nothing leaves the process.

    All connections of the test are those of the backend `memory`: of `send_mail`, of
    `get_connection("sqs")` and of Django. A connection that was made before the test, at the
    import of a module, still sends.
    """
    from amsdal_mail.connection import BACKEND_VARIABLE, MEMORY
    from amsdal_mail.outbox import Outbox

    monkeypatch.setenv(BACKEND_VARIABLE, MEMORY)
    messages = Outbox()
    messages.clear()
    yield messages
    messages.clear()
