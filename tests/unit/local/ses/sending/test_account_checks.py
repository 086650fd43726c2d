"""The checks of a send against the account."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.ses.account import Account
from local.ses.aws import ConfigurationSet
from local.ses.sending import account_checks
from local.ses.switches import Switches

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)


def test_a_missing_configuration_set_is_not_found() -> None:
    error = account_checks.check_configuration_set("X", None, Switches())

    assert error is not None
    assert (error.status, error.code) == (404, "NotFoundException")
    assert error.message == "Configuration set <X> does not exist."


@pytest.mark.parametrize(
    ("configuration_set", "switches"),
    [
        (ConfigurationSet("X", sending_enabled=False), Switches()),
        (ConfigurationSet("X"), Switches().changed({"paused": {"configuration_sets": ["X"]}})),
    ],
    ids=["by the set itself", "by the switch"],
)
def test_a_paused_configuration_set_cannot_send(
    configuration_set: ConfigurationSet, switches: Switches
) -> None:
    error = account_checks.check_configuration_set("X", configuration_set, switches)

    assert error is not None
    assert error.code == "SendingPausedException"


def test_account_paused_by_aws_gets_the_text_of_aws() -> None:
    switches = Switches().changed({"paused": {"account": "MessageRejected"}})

    error = account_checks.check_account_paused(Account(), switches)

    assert error is not None
    assert (error.code, error.message) == ("MessageRejected", PAUSED)


def test_quota_and_rate_errors_differ_only_in_text() -> None:
    full = account_checks.check_limits(Account(), ["a@b.c"], Switches(max_24_hour_send=0), NOW)
    account, slow = Account(), Switches(max_send_rate=1)
    account_checks.check_limits(account, ["a@b.c"], slow, NOW)
    fast = account_checks.check_limits(account, ["a@b.c"], slow, NOW)

    assert full is not None
    assert fast is not None
    assert (full.status, full.code) == (fast.status, fast.code) == (429, "TooManyRequestsException")
    assert full.message == "Daily message quota exceeded"
    assert fast.message == "Maximum sending rate exceeded."


def test_mail_to_the_mailbox_simulator_counts_for_the_rate_only() -> None:
    account, switches = Account(), Switches(max_24_hour_send=1, max_send_rate=2)
    recipients = ["success@simulator.amazonses.com", "bounce@simulator.amazonses.com"]

    assert account_checks.check_limits(account, recipients, switches, NOW) is None
    assert account.quota.used(NOW) == 0
    assert account_checks.check_limits(account, ["a@b.c"], switches, NOW) is not None


def test_a_refused_call_uses_up_no_quota() -> None:
    account, switches = Account(), Switches(max_send_rate=1)
    account_checks.check_limits(account, ["a@b.c"], switches, NOW)
    account_checks.check_limits(account, ["a@b.c"], switches, NOW)

    assert account.quota.used(NOW) == 1


def test_the_sandbox_sends_one_a_second_and_200_a_day() -> None:
    switches = Switches(sandbox=True)

    assert (account_checks.max_send_rate(switches), account_checks.max_24_hour_send(switches)) == (
        1.0,
        200,
    )
