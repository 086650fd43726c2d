"""The faults of a chaos run begin and end with their block."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from local.chaos import faults
from local.chaos.strangers import foreign_attributes


def test_the_sender_is_verified_again_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[dict[str, Any]] = []
    pending = threading.Event()

    def record(_url: str, change: dict[str, Any]) -> None:
        changes.append(change["identities"])
        pending.set()

    accepted = iter([0, 5, 12])
    monkeypatch.setattr(
        faults, "_count", lambda _url, name: next(accepted) if name.startswith("accepted") else 0
    )
    monkeypatch.setattr(faults, "set_switches", record)
    monkeypatch.setattr(faults, "UNVERIFIED_SECONDS", 60.0)
    started = time.monotonic()

    with faults.unverified_sender("http://localhost", "example.com"):
        assert pending.wait(10)

    assert changes == [{"example.com": "PENDING"}, {"example.com": "SUCCESS"}]
    assert time.monotonic() - started < 30


def test_foreign_attributes_vary_and_fit_into_a_message() -> None:
    rng = random.Random(1)

    kinds = [foreign_attributes(rng).get("MessageAttributes", {}) for _ in range(50)]

    assert max(len(attributes) for attributes in kinds) == 10
    assert {} in kinds
    types = {value["DataType"] for attributes in kinds for value in attributes.values()}
    assert types == {"Binary", "String"}
