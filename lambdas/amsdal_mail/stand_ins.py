"""StandIns: short random bytes in the place of large ones, while a document is written."""

from __future__ import annotations

import os
import re
from base64 import b64encode

from amsdal_mail.byte_streams import Base64, Joined, Plain, Source

__all__ = ["StandIns"]


class StandIns:
    """The stand-ins of one document, which has the base64 of each.

    Args:
        line_groups: groups of three bytes in a line of the base64; see Base64.
    """

    def __init__(self, line_groups: int = 0) -> None:
        self._line_groups = line_groups
        self._sources: dict[bytes, Source] = {}

    def __bool__(self) -> bool:
        return bool(self._sources)

    def add(self, source: Source) -> bytes:
        """Return the bytes to write instead of those of the source."""
        # The first byte makes it invalid as UTF-8, so that it never counts as a text file.
        token = b"\xff" + os.urandom(23)
        self._sources[b64encode(token)] = source
        return token

    def fill(self, document: bytes) -> Source:
        """Return the document with the base64 of the sources in the places of their stand-ins."""
        line_end = b"\r\n" if self._line_groups else b""
        tokens = b"|".join(map(re.escape, self._sources))
        pieces = re.split(b"(" + tokens + b")" + line_end, document)
        return Joined(map(self._source_of, pieces))

    def _source_of(self, piece: bytes) -> Source:
        source = self._sources.get(piece)
        return Base64(source, self._line_groups) if source else Plain(piece)
