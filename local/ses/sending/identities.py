"""The identities of the account: which of them cover an address, and who may send from it.

https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses import errors
from local.ses.events.mailbox_simulator import SIMULATOR_DOMAIN
from local.ses.messages import bare_address
from local.ses.sending.request_checks import IDENTITY_ARN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.ses.errors import Refusal
    from local.ses.sending.acceptance import Caller

__all__ = ["VERIFIED", "check_permission", "check_verified", "covering", "is_foreign"]

VERIFIED = "SUCCESS"
"""The VerificationStatus of an identity that may send. A new identity is PENDING.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetEmailIdentity.html
"""


def covering(address: str, identities: Iterable[str]) -> list[str]:
    """Return the identities that cover an address: itself, its domain and the parent domains.

    The letter case of a domain does not count, that of a local part does.
    """
    local, _at, domain = address.rpartition("@")
    labels = domain.lower().split(".")
    domains = [".".join(labels[at:]) for at in range(len(labels))]
    covering_names = {f"{local}@{domain.lower()}", *domains}
    return [name for name in identities if _normal(name) in covering_names]


def check_permission(
    source: str, identities: Iterable[str], caller: Caller, account: str, region: str
) -> Refusal | None:
    """Check that the role of a deployed function may send from the address.

    IAM decides before SES. The role names the identities of the stack, so an address below none of
    them is denied. The developer's keys have no such policy: there SES decides.
    https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
    """
    address = bare_address(source)
    if not caller.is_role or covering(address, identities):
        return None
    resource = f"arn:aws:ses:{region}:{account}:identity/{address}"
    return errors.access_denied(caller.arn(account), caller.action, resource)


def is_foreign(arn: str | None, account: str) -> bool:
    """Return whether the ARN names an identity of another account, which its policy lends."""
    match = IDENTITY_ARN.fullmatch(arn or "")
    return match is not None and match["account"] != account


def check_verified(
    addresses: Iterable[str], identities: Mapping[str, str], region: str
) -> Refusal | None:
    """Check that a verified identity covers each address. The mailbox simulator always is one."""
    failed = [text for text in addresses if not _is_verified(bare_address(text), identities)]
    return errors.identities_not_verified(region, failed) if failed else None


def _is_verified(address: str, identities: Mapping[str, str]) -> bool:
    if address.lower().endswith(f"@{SIMULATOR_DOMAIN}"):
        return True
    return any(identities[name] == VERIFIED for name in covering(address, identities))


def _normal(identity: str) -> str:
    local, at, domain = identity.rpartition("@")
    return f"{local}{at}{domain.lower()}"
