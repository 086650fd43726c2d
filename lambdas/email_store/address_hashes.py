"""AddressHashes: keyed hashes, which stand in the table for addresses."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

__all__ = ["PSEUDONYM", "AddressHashes", "is_pseudonym"]

PSEUDONYM = "erased-"
"""How a pseudonym begins. It has no @, so that it is no address."""
PSEUDONYM_DIGITS = 32
KEY_CHECK = "key check\n"
"""No address has a line break, so that this is the hash of no address."""


@dataclass(frozen=True, slots=True)
class AddressHashes:
    """HMAC-SHA256 with the key of the stack (https://www.rfc-editor.org/rfc/rfc2104).

    A hash without a key would tell the address: whoever has the table could hash lists of addresses
    and compare.
    """

    key: bytes = field(repr=False)

    def of_address(self, address: str) -> str:
        """Return the hash of an address: 64 hexadecimal digits. Letter case does not matter."""
        return self._hash(address.lower())

    def pseudonym(self, email_id: str, address: str) -> str:
        """Return what stands for an erased address in the records of one email.

        The pseudonyms of one address in two emails are not alike. Letter case distinguishes them,
        as it distinguishes the recipients of an email.
        """
        digits = self._hash(f"{email_id}\n{address}")[:PSEUDONYM_DIGITS]
        return f"{PSEUDONYM}{digits}"

    def of_key(self) -> str:
        """Return a text that tells this key from another one, but does not tell the key."""
        return self._hash(KEY_CHECK)

    def _hash(self, text: str) -> str:
        # Reports of other servers may hold a lone surrogate, which UTF-8 cannot encode.
        return hmac.digest(self.key, text.encode(errors="backslashreplace"), "sha256").hex()


def is_pseudonym(address: str) -> bool:
    """Return whether the text is a pseudonym, and no address."""
    return address.startswith(PSEUDONYM) and "@" not in address
