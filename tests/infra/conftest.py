"""The templates that most tests read, synthesised once."""

from __future__ import annotations

import pytest

from tests.infra.synthesis import SynthesisedStack, synthesise


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStack:
    """The stack of the default settings."""
    return synthesise(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStack:
    """The stack for the local AWS."""
    return synthesise(tmp_path_factory.mktemp("local"), local=True)
