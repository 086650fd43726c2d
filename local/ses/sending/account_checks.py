"""What the account's state refuses: missing sets, pauses, unverified identities, rate and quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses import errors
from local.ses.events.mailbox_simulator import SIMULATOR_DOMAIN
from local.ses.messages import bare_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from local.ses.account import Account
    from local.ses.aws import ConfigurationSet
    from local.ses.errors import Refusal
    from local.ses.switches import Switches

SANDBOX_RATE = 1.0
SANDBOX_QUOTA = 200
# The texts of the two declared pause errors are not public; these are ours.
_SENDING_PAUSED = "Email sending is paused for this account."
_SUSPENDED = "The account's ability to send email has been permanently restricted."


def max_send_rate(switches: Switches) -> float | None:
    """Recipients a second; the sandbox has 1."""
    rate = switches.max_send_rate
    return min(rate or SANDBOX_RATE, SANDBOX_RATE) if switches.sandbox else rate


def max_24_hour_send(switches: Switches) -> int | None:
    """Recipients in 24 hours; the sandbox has 200."""
    quota = switches.max_24_hour_send
    if not switches.sandbox:
        return quota
    return SANDBOX_QUOTA if quota is None else min(quota, SANDBOX_QUOTA)


def check_account_paused(account: Account, switches: Switches) -> Refusal | None:
    """Paused by the switch, or by PutAccountSendingAttributes."""
    code = switches.paused.account
    if code is None and not account.sending_enabled:
        code = "SendingPausedException"
    if code is None:
        return None
    texts = {
        "MessageRejected": errors.ACCOUNT_PAUSED,
        "SendingPausedException": _SENDING_PAUSED,
        "AccountSuspendedException": _SUSPENDED,
    }
    return errors.Refusal(400, code, texts[code])


def default_configuration_set(source: str, sets: Mapping[str, str]) -> str | None:
    """The configuration set of the sender's address, else of its domain or a parent domain."""
    address = bare_address(source)
    labels = address.rpartition("@")[2].lower().split(".")
    identities = (address, *(".".join(labels[at:]) for at in range(len(labels))))
    return next((sets[name] for name in identities if name in sets), None)


def check_configuration_set(
    name: str | None,
    found: ConfigurationSet | None,
    switches: Switches,
    *,
    is_default: bool = False,
) -> Refusal | None:
    """A configuration set has to exist and to be allowed to send.

    A missing one has another error code where it is the identity's default.
    """
    if name is None:
        return None
    if found is None:
        missing = errors.configuration_set_missing(name)
        return errors.bad_request(missing.message) if is_default else missing
    if not found.sending_enabled or name in switches.paused.configuration_sets:
        text = f"Email sending is paused for configuration set <{name}>."  # ours
        return errors.Refusal(400, "SendingPausedException", text)
    return None


def check_identities(
    source: str | None,
    recipients: Iterable[str],
    verified: frozenset[str] | None,
    switches: Switches,
    region: str,
) -> Refusal | None:
    """The sender has to be verified, unless it is None; in the sandbox every recipient, too."""
    checked = [] if source is None else [source]
    if switches.sandbox:
        checked += recipients
    known = verified or frozenset()
    failed = [address for address in checked if not is_verified(bare_address(address), known)]
    return errors.identities_not_verified(region, failed) if failed else None


def is_verified(address: str, verified: frozenset[str]) -> bool:
    """The address itself, its domain or a parent domain; the mailbox simulator always is."""
    domain = address.rpartition("@")[2].lower()
    if domain == SIMULATOR_DOMAIN or address in verified:
        return True
    labels = domain.split(".")
    return any(".".join(labels[at:]) in verified for at in range(len(labels)))


def check_limits(
    account: Account, recipients: Sequence[str], switches: Switches, now: datetime
) -> Refusal | None:
    """Quota, then rate; passing takes the recipients from both."""
    real = [to for to in recipients if not _is_simulator(to)]
    quota = max_24_hour_send(switches)
    if not account.quota.allows(len(real), quota, now):
        return errors.too_many_requests(errors.QUOTA_EXCEEDED)
    if not account.rate.consume(len(recipients), max_send_rate(switches), now):
        return errors.too_many_requests(errors.RATE_EXCEEDED)
    # Mail to the mailbox simulator counts for the rate, not for the daily quota.
    account.quota.add(len(real), now)
    return None


def _is_simulator(address: str) -> bool:
    return bare_address(address).lower().endswith("@" + SIMULATOR_DOMAIN)
