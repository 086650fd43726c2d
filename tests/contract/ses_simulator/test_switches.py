"""The switches that make SES fail."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from tests.contract.ses_simulator.running import (
    SENDER,
    Simulator,
    to,
)

SWITCHED = {
    "throttled": (
        {"throttle": {"calls": 1}},
        (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
    ),
    "quota": (
        {"max_24_hour_send": 0},
        (429, "TooManyRequestsException", "Daily message quota exceeded"),
    ),
    "unverified sender": (
        {"identities": {"example.com": "PENDING"}},
        (
            400,
            "MessageRejected",
            (
                "Email address is not verified. The following identities failed the check in "
                f"region US-EAST-1: {SENDER}"
            ),
        ),
    ),
    "unverified recipient in the sandbox": (
        {"sandbox": True},
        (
            400,
            "MessageRejected",
            (
                "Email address is not verified. The following identities failed the check in "
                "region US-EAST-1: ann@example.net"
            ),
        ),
    ),
    "paused by aws": (
        {"paused": {"account": "MessageRejected"}},
        (
            400,
            "MessageRejected",
            (
                "Sending paused for this account. For more information, please check the inbox of "
                "the email address associated with your AWS account."
            ),
        ),
    ),
}


@pytest.mark.parametrize(("switches", "refusal"), SWITCHED.values(), ids=SWITCHED.keys())
def test_a_switch_makes_ses_refuse(
    simulator: Simulator, switches: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    simulator.switch(**switches)

    assert simulator.refusal() == refusal


@pytest.mark.parametrize("code", ["SendingPausedException", "AccountSuspendedException"])
def test_the_declared_pause_errors_can_be_switched_on(simulator: Simulator, code: str) -> None:
    simulator.switch(paused={"account": code})

    assert simulator.refusal()[:2] == (400, code)


def test_a_paused_configuration_set_cannot_send(simulator: Simulator) -> None:
    simulator.switch(paused={"configuration_sets": ["set"]})

    assert simulator.refusal(ConfigurationSetName="set")[:2] == (400, "SendingPausedException")
    assert simulator.send()


def test_the_rate_is_counted_in_recipients(simulator: Simulator) -> None:
    simulator.switch(max_send_rate=1)

    simulator.send(Destination=to(*(f"r{n}@example.com" for n in range(3))))
    time.sleep(1.1)

    assert simulator.refusal()[2] == "Maximum sending rate exceeded."


def test_server_error_accepts_nothing(simulator: Simulator) -> None:
    simulator.switch(server_error={"calls": 1, "status": 503})

    assert simulator.refusal()[:2] == (503, "InternalServiceErrorException")
    assert simulator.control("GET", "/messages") == {"messages": []}
    assert simulator.send()


@pytest.mark.parametrize(("switch", "taken"), [("drop_response", 1), ("drop_request", 0)])
def test_connection_closes_without_a_response(
    simulator: Simulator, switch: str, taken: int
) -> None:
    simulator.switch(**{switch: {"calls": 1}})

    with pytest.raises(ConnectionClosedError):
        simulator.send()

    assert len(simulator.control("GET", "/messages")["messages"]) == taken


def test_latency_delays_the_response(simulator: Simulator) -> None:
    simulator.switch(latency_ms=200)
    started = time.monotonic()

    simulator.send()

    assert time.monotonic() - started >= 0.2


def test_an_unknown_switch_is_refused_by_name(simulator: Simulator) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        simulator.switch(throtle={})

    with refused.value as response:
        assert json.load(response)["errors"][0]["field"] == "throtle"
