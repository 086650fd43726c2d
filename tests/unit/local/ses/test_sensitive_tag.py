"""The library marks sensitive email with the tag that the simulator reads."""

from __future__ import annotations

from amsdal_mail.sensitive import SENSITIVE_TAG
from local.ses import messages


def test_simulator_reads_the_tag_of_the_library() -> None:
    assert messages.SENSITIVE_TAG == SENSITIVE_TAG
