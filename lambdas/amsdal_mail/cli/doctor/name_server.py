"""NameServer: the DNS records of a sending domain."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from amsdal_mail.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DNSNameServer", "NameServer", "NameServerError", "name_server"]

LIFETIME_SECONDS = 6.0
"""How long to wait for one name, with all its retries."""
DNS_PORT = 53
HIGHEST_PORT = 65535
RULE = "must be an address with an optional port, such as 127.0.0.1:5353 or [::1]:53"


class NameServerError(Exception):
    """A name server did not answer, or refused to. That is not the same as "no such record"."""


class NameServer(Protocol):
    """What the checks ask. A name without such records has none; other failures raise.

    Raises:
        NameServerError: there is no answer.
    """

    def texts(self, name: str) -> Sequence[str]:
        """Return the TXT records, each with its parts joined."""

    def exchanges(self, name: str) -> Sequence[str]:
        """Return the MX records as `10 host`."""

    def alias(self, name: str) -> str | None:
        """Return the target of the CNAME record, without the last dot."""


class DNSNameServer(NameServer):
    """Asks by UDP, and by TCP for an answer that is too long for it.

    Without an address, the name servers of this machine are asked.
    """

    def __init__(self, address: tuple[str, int] | None = None) -> None:
        import dns.resolver  # a twentieth of a second, for this one command

        resolver = dns.resolver.Resolver(configure=address is None)
        if address:
            resolver.nameservers, resolver.port = [address[0]], address[1]
        resolver.lifetime = LIFETIME_SECONDS
        self._resolver = resolver

    @override
    def texts(self, name: str) -> Sequence[str]:
        # A long text comes in parts of 255 bytes: https://www.rfc-editor.org/rfc/rfc7208#section-3.3
        return [
            b"".join(record.strings).decode("ascii", "replace")
            for record in self._records(name, "TXT")
        ]

    @override
    def exchanges(self, name: str) -> Sequence[str]:
        records = self._records(name, "MX")
        return [f"{record.preference} {_host(record.exchange)}" for record in records]

    @override
    def alias(self, name: str) -> str | None:
        records = self._records(name, "CNAME")
        return _host(records[0].target) if records else None

    def _records(self, name: str, kind: str) -> list[Any]:
        import dns.exception
        import dns.resolver

        try:
            answer = self._resolver.resolve(name, kind, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise NameServerError(
                f"no answer of a name server for {kind} {name}: {error}"
            ) from None
        return list(answer)


def name_server(text: str) -> DNSNameServer:
    """Return the name server at an address, or those of this machine for "".

    Raises:
        UsageError: the address breaks the rule.
    """
    if not text:
        return DNSNameServer()
    host, _, port = text.rpartition(":") if _has_port(text) else (text, "", str(DNS_PORT))
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise UsageError(f"--resolver {RULE}, got {text!r}") from None
    is_number = port.isascii() and port.isdigit() and len(port) <= len(str(HIGHEST_PORT))
    if not is_number or not 0 < int(port) <= HIGHEST_PORT:
        raise UsageError(f"--resolver {RULE}, got {text!r}")
    return DNSNameServer((host, int(port)))


def _has_port(text: str) -> bool:
    return text.count(":") == 1 or "]:" in text


def _host(name: object) -> str:
    return str(name).rstrip(".").lower()
