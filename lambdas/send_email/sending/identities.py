"""SES identities: the domains and addresses that the service may send from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from amsdal_mail.addresses import parse_address
from amsdal_mail.exceptions import InvalidMessageError

if TYPE_CHECKING:
    from amsdal_mail.message.email import EmailMessage

__all__ = ["Identities"]


@dataclass(frozen=True, slots=True)
class Identities:
    """The identities of the stack, as its settings `sender` and `other_identities` name them.

    A domain covers each address at it and at its subdomains. An address covers only itself.
    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """

    names: frozenset[str]
    """Domains are in lower case ASCII."""

    def check_sender(self, message: EmailMessage) -> None:
        """Check the sender of a message. AWS would deny the call for any recipients.

        Raises:
            InvalidMessageError: the sender belongs to no identity.
        """
        if self.names.isdisjoint(identities_of(message.from_email)):
            raise InvalidMessageError.for_field("from_email", self._rule)

    @property
    def _rule(self) -> str:
        """The rule, without the single addresses: these may be people's."""
        domains = sorted(name for name in self.names if "@" not in name)
        addresses = "one of its sender addresses" if len(domains) < len(self.names) else ""
        allowed = " or ".join(filter(None, [*(f"at {domain}" for domain in domains), addresses]))
        return f"must be an address that this service may send from: {allowed}"


def identities_of(mailbox: str) -> list[str]:
    """Return the identities that would cover a mailbox: its address, its domain, its parents."""
    address = parse_address(mailbox)
    labels = address.domain.split(".")
    return [address.addr_spec, *(".".join(labels[at:]) for at in range(len(labels)))]
