"""Streams of bytes: what is read in parts, in any order, is what the whole would be."""

from __future__ import annotations

import io
import re
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amsdal_mail.byte_streams import Base64, ByteStream, Joined, Plain, Source
from amsdal_mail.stand_ins import StandIns

CONTENT = st.binary(max_size=400)
LINES = st.sampled_from([0, 1, 19])


def whole(source: Source) -> bytes:
    return source.read(0, source.size)


@given(CONTENT, LINES, st.data())
def test_any_part_is_a_part_of_the_whole(content: bytes, lines: int, data: st.DataObject) -> None:
    source = Joined([Plain(b"<"), Base64(Plain(content), lines), Plain(content)])
    expected = whole(source)

    start = data.draw(st.integers(0, source.size))
    end = data.draw(st.integers(start, source.size))

    assert source.size == len(expected)
    assert source.read(start, end) == expected[start:end]


@given(CONTENT)
def test_base64_without_lines_is_that_of_python(content: bytes) -> None:
    assert whole(Base64(Plain(content))) == b64encode(content)


@given(CONTENT)
def test_lines_of_base64_are_those_of_mime(content: bytes) -> None:
    encoded = whole(Base64(Plain(content), 19))

    assert b64decode(encoded.replace(b"\r\n", b""), validate=True) == content
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert encoded.endswith(b"\r\n") is bool(content)


@given(CONTENT)
def test_base64_of_base64_is_read_in_parts_too(content: bytes) -> None:
    nested = Base64(Joined([Plain(b"x"), Base64(Plain(content), 19)]))

    parts = [nested.read(i, min(i + 7, nested.size)) for i in range(0, nested.size, 7)]

    assert b"".join(parts) == b64encode(b"x" + whole(Base64(Plain(content), 19)))


def test_a_stream_reads_like_a_file() -> None:
    stream = ByteStream(Joined([Plain(b"abc"), Plain(b""), Plain(b"defg")]))

    assert (stream.read(2), stream.tell(), stream.read()) == (b"ab", 2, b"cdefg")
    assert (stream.read(5), stream.seek(-2, io.SEEK_END), stream.read()) == (b"", 5, b"fg")
    assert list(stream.blocks()) == [b"abcdefg"]


@pytest.mark.parametrize("lines", [0, 19])
def test_stand_ins_are_filled_with_what_they_stand_for(lines: int) -> None:
    stand_ins = StandIns(lines)
    tokens = [stand_ins.add(Plain(content)) for content in (b"one" * 99, b"two")]
    document = b"-".join(whole(Base64(Plain(token), lines)) for token in tokens)

    filled = whole(stand_ins.fill(b"(" + document + b")"))

    encoded = [whole(Base64(Plain(content), lines)) for content in (b"one" * 99, b"two")]
    assert filled == b"(" + b"-".join(encoded) + b")"


def test_stand_in_never_counts_as_text() -> None:
    token = StandIns().add(Plain(b"x"))

    with pytest.raises(UnicodeDecodeError):
        token.decode()
    assert re.fullmatch(rb"[\w+/]+", b64encode(token))
