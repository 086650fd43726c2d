"""Bytes that are computed while they are read, so that a large file is never copied as a whole."""

from __future__ import annotations

import io
from binascii import b2a_base64
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Protocol

from typing_extensions import Buffer, override

__all__ = ["BLOCK_SIZE", "Base64", "ByteStream", "Joined", "Plain", "Source"]

BLOCK_SIZE = 64 * 1024
"""Bytes that a reader takes at a time."""
GROUP, ENCODED_GROUP = 3, 4
"""Bytes of a group of base64, and the characters that it becomes."""


class Source(Protocol):
    """Bytes of a known size, which can be read from any position."""

    @property
    def size(self) -> int:
        """The number of bytes."""
        ...

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`, which is at most `size`."""
        ...


class Plain:
    """Bytes as they are."""

    def __init__(self, content: bytes) -> None:
        self._view = memoryview(content)
        self.size = len(content)

    def read(self, start: int, end: int) -> bytes:
        """Return a part of the bytes."""
        return bytes(self._view[start:end])


class Base64:
    """The base64 of a source.

    Args:
        source: the bytes to encode.
        line_groups: groups of three bytes in a line, which ends with CRLF. 0 makes a single line
            without an end.
    """

    def __init__(self, source: Source, line_groups: int = 0) -> None:
        self._source = source
        # Without lines, a line is a group, so that each can be read alone.
        self._bytes = GROUP * (line_groups or 1)
        self._end = b"\r\n" if line_groups else b""
        self._length = ENCODED_GROUP * (line_groups or 1) + len(self._end)
        encoded = -(-source.size // GROUP) * ENCODED_GROUP
        lines = -(-source.size // self._bytes)
        self.size = encoded + lines * len(self._end)

    def read(self, start: int, end: int) -> bytes:
        """Return a part of the encoded bytes."""
        first, last = start // self._length, -(-end // self._length)
        size = self._source.size
        raw = self._source.read(first * self._bytes, min(last * self._bytes, size))
        offset = start - first * self._length
        return self._encode(raw)[offset : offset + end - start]

    def _encode(self, raw: bytes) -> bytes:
        if not self._end:
            return b2a_base64(raw, newline=False)
        view = memoryview(raw)
        lines = (
            b2a_base64(view[position : position + self._bytes], newline=False) + self._end
            for position in range(0, len(raw), self._bytes)
        )
        return b"".join(lines)


class Joined:
    """Sources one after the other."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = [source for source in sources if source.size]
        self._ends = list(accumulate(source.size for source in self._sources))
        self.size = self._ends[-1] if self._ends else 0

    def read(self, start: int, end: int) -> bytes:
        """Return a part of the bytes."""
        parts = []
        index = bisect_right(self._ends, start)
        while start < end:
            source, source_end = self._sources[index], self._ends[index]
            begin = source_end - source.size
            stop = min(end, source_end)
            parts.append(source.read(start - begin, stop - begin))
            start, index = stop, index + 1
        return b"".join(parts)


class ByteStream(io.RawIOBase):
    """A source as a file to read: the SDK hashes it, and its HTTP client then sends it."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}
        self._position = origin[whence] + offset
        return self._position

    @override
    def tell(self) -> int:
        return self._position

    @override
    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._position + len(view), self._source.size)
        content = self._source.read(self._position, end) if end > self._position else b""
        view[: len(content)] = content
        self._position += len(content)
        return len(content)

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole content in blocks, from the beginning."""
        self.seek(0)
        while block := self.read(BLOCK_SIZE):
            yield block
