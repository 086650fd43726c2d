"""Addresses: how they are read and written, and the reason for each refusal."""

from __future__ import annotations

from collections.abc import Callable
from email.header import Header, decode_header, make_header
from email.headerregistry import Address, AddressHeader, HeaderRegistry
from email.utils import formataddr

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from amsdal_mail.addresses import decode_words, mask, parse_address

READ = {
    "bare": ("jo@example.com", "jo@example.com", "jo@example.com"),
    "domain in capitals": ("Jo@EXAMPLE.com", "Jo@example.com", "Jo@example.com"),
    "named": ("Jo Doe <jo@example.com>", "jo@example.com", "Jo Doe <jo@example.com>"),
    "quoted": ('"Doe, Jo" <jo@x.io>', "jo@x.io", '"Doe, Jo" <jo@x.io>'),
    "needless quotes": ('"Jo" <jo@x.io>', "jo@x.io", "Jo <jo@x.io>"),
    "only angles": ("<jo@x.io>", "jo@x.io", "jo@x.io"),
    "unicode name": ("Jö <jo@x.io>", "jo@x.io", "=?utf-8?b?SsO2?= <jo@x.io>"),
    "unicode domain": ("jo@münchen.de", "jo@xn--mnchen-3ya.de", "jo@xn--mnchen-3ya.de"),
    "IDNA 2008 keeps the sharp s": ("jo@straße.de", "jo@xn--strae-oqa.de", "jo@xn--strae-oqa.de"),
    "subaddress": ("jo+tag@x.io", "jo+tag@x.io", "jo+tag@x.io"),
    "encoded word": ("=?utf-8?q?J=C3=B6?= <jo@x.io>", "jo@x.io", "=?utf-8?b?SsO2?= <jo@x.io>"),
    "unquoted comma": ("Doe, Jo <jo@x.io>", "jo@x.io", '"Doe, Jo" <jo@x.io>'),
    "unquoted specials": ("Jo (Sales): [x]; <jo@x.io>", "jo@x.io", None),
    "unquoted address as name": ("jo@x.io <jo@x.io>", "jo@x.io", '"jo@x.io" <jo@x.io>'),
    "quotes within a name": ('Jo "Jojo" Doe <jo@x.io>', "jo@x.io", "Jo Jojo Doe <jo@x.io>"),
    "one quote within a name": ('Jo 6" Doe <jo@x.io>', "jo@x.io", '"Jo 6\\" Doe" <jo@x.io>'),
}
REFUSED = {
    "no at": ("jo", "local@domain"),
    "empty": ("", "local@domain"),
    "no local part": ("@x.io", "local part"),
    "no domain": ("jo@", "domain"),
    "non-ASCII local part": ("jö@x.io", "SMTPUTF8"),
    "space in local part": ("j o@x.io", "RFC 5322"),
    "two dots": ("j..o@x.io", "RFC 5322"),
    "dot at the end": ("jo@x.io.", "domain"),
    "underscore in domain": ("jo@x_y.io", "domain"),
    "hyphen first": ("jo@-x.io", "domain"),
    "two addresses": ("jo@x.io, al@x.io", "one address"),
    "two addresses, one named": ("jo@x.io, Al <al@x.io>", "one address"),
    "two named addresses": ("Jo <jo@x.io>, Al <al@x.io>", "one address"),
    "two quoted addresses": ('"Jo" <jo@x.io>, "Al" <al@x.io>', "one address"),
    "two addresses with a semicolon": ("jo@x.io; Al <al@x.io>", "one address"),
    "encoded line break": ("=?utf-8?q?Jo=0D=0ABcc:_al?= <jo@x.io>", "display name.*line breaks"),
    "name too long when encoded": (f"{'ü' * 120} <jo@x.io>", "320 bytes.*has 4"),
    "ASCII name too long": (f"{'a' * 320} <jo@x.io>", "320 bytes with its name, has 330"),
    "line break": ("jo@x.io\r\nBcc: al@x.io", "line breaks"),
    "line break in name": ("Jo\nBcc: x <jo@x.io>", "line breaks"),
    "null byte": ("jo\x00@x.io", "control"),
    "long local part": (f"{'a' * 65}@x.io", "64"),
    "long address": (f"jo@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 10}.io", "254"),
    "far too long": (f"a{' ' * 60_000}>", "1000"),
    "no opening angle": ("jo@x.io>", "Name <local@domain>"),
    "invalid IDNA name": ("jo@☃️\u200d.de", "IDNA"),
}


@pytest.mark.parametrize(("text", "spec", "written"), READ.values(), ids=READ)
def test_address_is_read_and_written_in_ascii(text: str, spec: str, written: str | None) -> None:
    address = parse_address(text)

    assert address.addr_spec == spec
    assert str(address) == written or written is None
    assert str(address).isascii()


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_address_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_address(text)


NAMES_OF_PEOPLE = [
    "Jo Doe",
    "Doe, Jo",
    'Jo "Jojo" Doe',
    "Jo (Sales) @ x.io",
    "Jörg, Café: Zürich",
    "Ж" * 60,
    "李小龙 " * 12 + "x",
    "=?utf-8?q?Your_Bank?=",
]
WRITERS: dict[str, Callable[[str], str]] = {
    "formataddr": lambda name: formataddr((name, "jo@x.io")),
    "formataddr in Latin 1": lambda name: formataddr((name, "jo@x.io"), "iso-8859-1"),
    "headerregistry": lambda name: str(Address(name, "jo", "x.io")),
    "this library": lambda name: str(parse_address(formataddr((name, "jo@x.io")))),
    "Header": lambda name: f"{Header(name, 'utf-8').encode(linesep='')} <jo@x.io>",
    "an f-string": lambda name: f"{name} <jo@x.io>",
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", NAMES_OF_PEOPLE)
def test_address_of_the_standard_library_is_one_recipient(writer: str, name: str) -> None:
    if writer == "formataddr in Latin 1" and not is_latin1(name):
        pytest.skip("Latin 1 cannot write it")
    address = parse_address(WRITERS[writer](name))

    is_ambiguous = "=?" in name or (writer == "an f-string" and '"' in name)
    assert address.addr_spec == "jo@x.io"
    assert address.display_name == name or is_ambiguous
    assert shown_name(str(address)) == address.display_name
    assert parse_address(str(address)) == address


def shown_name(written: str) -> str:
    """Return the name that a mail program shows. `headerregistry` puts spaces between words."""
    name = written.rpartition(" <")[0]
    if name.startswith("=?"):
        return str(make_header(decode_header(name)))
    return str(as_read(written).display_name)


def is_latin1(name: str) -> bool:
    return all(ord(character) < 256 for character in name)


@pytest.mark.parametrize("name", ["=?utf-8?q?Your_Bank?=", "Re: =?utf-8?b?w6Q=?= x"])
def test_encoded_word_in_quotes_is_shown_as_typed(name: str) -> None:
    address = parse_address(f'"{name}" <jo@x.io>')

    assert address.display_name == name
    assert as_read(str(address)).display_name == name


WORDS = {
    "a character in two words": ("=?utf-8?b?w7w=?= =?utf-8?b?w7w=?=", "üü"),
    "half a character in each word": ("=?utf-8?b?ww==?= =?utf-8?b?vA==?=", "ü"),
    "two character sets": ("=?iso-8859-1?q?=FC?=\t=?utf-8?q?=C3=BC?=", "üü"),
    "words between texts": ("A =?utf-8?q?=C3=BC?= B", "A ü B"),
    "language": ("=?utf-8*de?q?=C3=BC?=", "ü"),
    "underscore": ("=?UTF-8?Q?a_b?=", "a b"),
    "unknown character set": ("=?x-none?q?=FC?=", "=?x-none?q?=FC?="),
    "codec that is not a character set": ("=?zip?b?eA==?=", "=?zip?b?eA==?="),
    "broken base64": ("=?utf-8?b?w?=", "=?utf-8?b?w?="),
    "bytes that are not UTF-8": ("=?utf-8?q?=FC?=", "=?utf-8?q?=FC?="),
    "within a word": ("a=?utf-8?q?b?=", "a=?utf-8?q?b?="),
}


@pytest.mark.parametrize(("text", "decoded"), WORDS.values(), ids=WORDS)
def test_encoded_words_are_decoded(text: str, decoded: str) -> None:
    assert decode_words(text) == decoded


def test_address_at_the_limit_of_ses_is_taken() -> None:
    assert len(str(parse_address(f"{'a' * 310} <jo@x.io>"))) == 320


def test_encoded_words_have_at_most_75_characters() -> None:
    written = str(parse_address(f"{'ä' * 80} <jo@x.io>"))

    assert len(written.split()) > 2
    assert max(map(len, written.split())) <= 75


def test_mask_hides_the_local_part() -> None:
    assert mask("customer@example.com") == "c***@example.com"


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        written = str(parse_address(text))
    except ValueError:
        return
    assert written.isascii()
    assert not set(written) & set("\r\n")


def as_read(written: str) -> Address:
    header = HeaderRegistry()("to", written)
    assert isinstance(header, AddressHeader)
    (address,) = header.addresses
    return address


NAMES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=60)


@given(NAMES)
@example(".")
@example(". ")
@example(" Anna")
@example("J. R. Smith")
def test_quoted_name_is_unchanged_by_a_header(name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    try:
        address = parse_address(f'"{escaped}" <jo@x.io>')
    except ValueError:
        assume(False)  # too long when encoded
    read = as_read(str(address))

    assert read.addr_spec == "jo@x.io"
    assert address.display_name == name
