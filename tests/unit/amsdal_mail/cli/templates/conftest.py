from __future__ import annotations

from collections.abc import Iterator

import pytest

from amsdal_mail.cli.templates.engine import Engine
from tests.unit.amsdal_mail.cli.templates.fakes import World


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One Node for all tests: it starts in a quarter of a second."""
    with Engine() as started:
        yield started


@pytest.fixture
def world() -> World:
    return World()
