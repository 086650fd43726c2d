"""The simulator's switches."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from local.ses.switches import Switches


def test_a_change_touches_only_what_it_names() -> None:
    before = Switches().changed({"throttle": {"message": "later"}, "latency_ms": 5})

    after = before.changed({"throttle": {"calls": 3}})

    assert (after.throttle.calls, after.throttle.message, after.latency_ms) == (3, "later", 5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"throtle": {}}, ("throtle",)),
        ({"throttle": {"call": 1}}, ("throttle", "call")),
        ({"latency_ms": -1}, ("latency_ms",)),
        ({"server_error": {"status": 404}}, ("server_error", "status")),
        ({"drop_response": {"chance": 2}}, ("drop_response", "chance")),
    ],
)
def test_invalid_switch_is_named(change: object, field: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as error:
        Switches().changed(change)

    assert error.value.errors()[0]["loc"] == field
