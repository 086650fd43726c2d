"""The template of the default settings, synthesised once."""

import pytest

from tests.infra.synthesis import SynthesisedStack, synthesise


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStack:
    """The stack that `cdk deploy` makes when no setting is given."""
    return synthesise(tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStack:
    """The stack for the local AWS."""
    return synthesise(tmp_path_factory.mktemp("local"), local=True)
