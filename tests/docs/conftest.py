"""The SES simulator that samples and examples send to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs import simulator


@pytest.fixture(scope="session")
def ses_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the simulator."""
    with simulator.running(tmp_path_factory.mktemp("ses") / "ses.log") as url:
        yield url
