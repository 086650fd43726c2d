"""Person: finds the address of a person in texts of any origin. Pure."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

__all__ = ["Person"]

BEFORE = r"(?:(?<![a-z0-9._+-])|(?<=%[0-9a-f]{2}))"
"""What is before an address in a text: no character of a longer one, but an encoded one may be."""
AFTER = r"(?![a-z0-9-]|\.[a-z0-9])"
SIGNS = ("@", "%40", "=40", "&#64;", "&#x40;", "\\u0040")
"""The @ as texts, URLs, quoted-printable, HTML and JSON write it."""
BEFORE_IN_PATH = r"(?<![a-z0-9._])"
"""What is before an address in a return path, such as `bounce+bob=example.org@example.com`."""
BASE64_BITS = 6
ALIGNMENTS = (0, 1, 2)
"""Bytes of a longer text before the address: base64 takes three at a time."""


class Person:
    """The person with one address, which is bare and has its domain in lower case ASCII."""

    def __init__(self, address: str) -> None:
        self.address = address

    def has_address(self, address: str) -> bool:
        """Return whether this is the address, in any letter case."""
        return address.lower() == self.address.lower()

    def is_named_in(self, text: str) -> bool:
        """Return whether a text has the address: in any letter case, encoded, or in Unicode."""
        lowered = text.lower()
        # Most texts do not have the local part: looking for it alone is fast.
        if any(local in lowered for local in self._local_parts) and self._plain.search(lowered):
            return True
        return any(core in text for core in self._base64)

    def is_in_path(self, path: str) -> bool:
        """Return whether the path of a field may name the person, as merge data does by address."""
        return self.address.lower() in path.lower() or self.is_named_in(path)

    def is_named_by(self, value: object) -> bool:
        """Return whether a value of JSON has the address in one of its texts."""
        match value:
            case str():
                return self.is_named_in(value)
            case Mapping():
                return any(map(self.is_named_by, (*value.keys(), *value.values())))
            case Sequence():
                return any(map(self.is_named_by, value))
        return False

    def without(self, value: Any) -> Any:
        """Return a value of JSON without the texts that have the address: they become None.

        Such an entry of a list and such a name of an object are left out.
        """
        match value:
            case str():
                return None if self.is_named_in(value) else value
            case Mapping():
                return {
                    name: self.without(member)
                    for name, member in value.items()
                    if not self.is_named_by(name)
                }
            case Sequence():
                return [
                    self.without(entry)
                    for entry in value
                    if not (isinstance(entry, str) and self.is_named_in(entry))
                ]
        return value

    @cached_property
    def _local_parts(self) -> list[str]:
        """The local part as it is, as in a URL, and as in JSON."""
        local = self.address.lower().rpartition("@")[0]
        return list(dict.fromkeys((local, quote(local, safe="").lower(), json.dumps(local)[1:-1])))

    @cached_property
    def _plain(self) -> re.Pattern[str]:
        domain = self.address.lower().rpartition("@")[2]
        domains = dict.fromkeys(form for name in _domains(domain) for form in _escaped(name))
        middle = "|".join(map(re.escape, SIGNS))
        before, after = ("|".join(map(re.escape, forms)) for forms in (self._local_parts, domains))
        written = f"{BEFORE}(?:{before})(?:{middle})"
        in_path = f"{BEFORE_IN_PATH}(?:{before})="
        return re.compile(f"(?:{written}|{in_path})(?:{after}){AFTER}")

    @cached_property
    def _base64(self) -> list[str]:
        local, _, domain = self.address.rpartition("@")
        texts = {
            f"{each}@{name}"
            for each in (local, local.lower(), local.upper())
            for name in (*_domains(domain), domain.upper())
        }
        cores = {core for text in texts for core in _base64_cores(text.encode())}
        cores |= {core.replace("+", "-").replace("/", "_") for core in cores}
        return sorted(cores)


def _domains(domain: str) -> list[str]:
    """Return the domain in ASCII, and in Unicode if it is internationalized."""
    if "xn--" not in domain:
        return [domain]
    import idna

    try:
        return [domain, idna.decode(domain)]
    except idna.IDNAError:
        return [domain]


def _escaped(text: str) -> list[str]:
    """Return a text as it is, as in a URL, and as in JSON."""
    return [text, quote(text).lower(), json.dumps(text)[1:-1].lower()]


def _base64_cores(content: bytes) -> list[str]:
    """Return the characters that any longer text with the content has in its base64."""
    cores = []
    for before in ALIGNMENTS:
        encoded = b64encode(bytes(before) + content).decode()
        first = -(-before * 8 // BASE64_BITS)
        cores.append(encoded[first : (before + len(content)) * 8 // BASE64_BITS])
    return cores
