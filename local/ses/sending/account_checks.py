"""Checks of a send against the account: missing sets, pauses, rate, quota.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses import errors
from local.ses.events.mailbox_simulator import SIMULATOR_DOMAIN
from local.ses.messages import bare_address
from local.ses.sending.identities import covering

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from local.ses.account import Account
    from local.ses.aws import ConfigurationSet
    from local.ses.errors import Refusal
    from local.ses.switches import Switches

__all__ = [
    "check_account_paused",
    "check_configuration_set",
    "check_limits",
    "default_configuration_set",
    "max_24_hour_send",
    "max_send_rate",
]

SANDBOX_RATE = 1.0
SANDBOX_QUOTA = 200
SENDING_PAUSED = "Email sending is paused for this account."
ACCOUNT_SUSPENDED = "The account's ability to send email has been permanently restricted."
"""The texts of the two pause errors are ours. Those of AWS are not public."""


def max_send_rate(switches: Switches) -> float | None:
    """Return the rate limit in recipients per second. The sandbox has 1."""
    rate = switches.max_send_rate
    return min(rate or SANDBOX_RATE, SANDBOX_RATE) if switches.sandbox else rate


def max_24_hour_send(switches: Switches) -> int | None:
    """Return the quota in recipients per 24 hours. The sandbox has 200."""
    quota = switches.max_24_hour_send
    if not switches.sandbox:
        return quota
    return SANDBOX_QUOTA if quota is None else min(quota, SANDBOX_QUOTA)


def check_account_paused(account: Account, switches: Switches) -> Refusal | None:
    """Check that neither the switch nor PutAccountSendingAttributes paused the account."""
    code = switches.paused.account
    if code is None and not account.sending_enabled:
        code = "SendingPausedException"
    if code is None:
        return None
    texts = {
        "MessageRejected": errors.ACCOUNT_PAUSED,
        "SendingPausedException": SENDING_PAUSED,
        "AccountSuspendedException": ACCOUNT_SUSPENDED,
    }
    return errors.Refusal(400, code, texts[code])


def default_configuration_set(source: str, sets: Mapping[str, str]) -> str | None:
    """Return the default set of the sender's address, its domain or a parent domain."""
    names = covering(bare_address(source), sets)
    return sets[max(names, key=len)] if names else None


def check_configuration_set(
    name: str | None,
    configuration_set: ConfigurationSet | None,
    switches: Switches,
    *,
    is_default: bool = False,
) -> Refusal | None:
    """Check that a configuration set exists and may send.

    A missing set has another error code where it is the default of the identity.
    """
    if name is None:
        return None
    if configuration_set is None:
        refusal = errors.configuration_set_missing(name)
        return errors.bad_request(refusal.message) if is_default else refusal
    if not configuration_set.sending_enabled or name in switches.paused.configuration_sets:
        text = f"Email sending is paused for configuration set <{name}>."  # ours
        return errors.Refusal(400, "SendingPausedException", text)
    return None


def check_limits(
    account: Account, recipients: Sequence[str], switches: Switches, now: datetime
) -> Refusal | None:
    """Check the quota, then the rate. A call that passes takes its recipients from both."""
    counted_recipients = [address for address in recipients if not _is_simulator(address)]
    quota = max_24_hour_send(switches)
    if not account.quota.allows(len(counted_recipients), quota, now):
        return errors.too_many_requests(errors.QUOTA_EXCEEDED)
    if not account.rate.consume(len(recipients), max_send_rate(switches), now):
        return errors.too_many_requests(errors.RATE_EXCEEDED)
    # Mail to the mailbox simulator counts for the rate and not for the daily quota.
    account.quota.add(len(counted_recipients), now)
    return None


def _is_simulator(address: str) -> bool:
    return bare_address(address).lower().endswith("@" + SIMULATOR_DOMAIN)
