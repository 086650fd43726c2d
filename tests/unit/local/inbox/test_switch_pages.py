"""The form of the simulator's switches."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from local.inbox.switch_pages import read_form
from local.ses.switches import Switches


def test_form_sets_and_unsets_switches() -> None:
    form = {
        "throttle.calls": "3", "server_error.status": "503", "latency_ms": "250",
        "max_send_rate": "14", "paused.account": "MessageRejected", "sandbox": "on",
        "events.shuffle": "on", "events.delay_ms": "5", "identity": "a@b.co",
        "identity.status": "PENDING",
    }  # fmt: skip

    changed = Switches(any_sender=True, max_24_hour_send=7).changed(read_form(form))

    assert (changed.throttle.calls, changed.server_error.status) == (3, 503)
    assert (changed.latency_ms, changed.max_send_rate, changed.max_24_hour_send) == (250, 14, None)
    assert changed.paused.account == "MessageRejected"
    assert (changed.sandbox, changed.any_sender) == (True, False)
    assert (changed.events.shuffle, changed.events.delay_ms) == (True, 5)
    assert changed.identities == {"a@b.co": "PENDING"}


@pytest.mark.parametrize(
    "form",
    [{"throttle.calls": "many"}, {"throttle.chance": "2"}, {"max_send_rate": "-1"},
     {"paused.account": "Whim"}, {"server_error.status": "200"}, {"latency_ms": "1e9999"},
     {"identity": "a", "identity.status": "x"}],
)  # fmt: skip
def test_wrong_value_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Switches().changed(read_form(form))
