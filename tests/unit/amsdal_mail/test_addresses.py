"""Addresses: how they are read and written, and the reason for each refusal."""

from __future__ import annotations

from email.headerregistry import Address, AddressHeader, HeaderRegistry

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amsdal_mail.addresses import mask, parse_address

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
    "fake encoded word": ("=?utf-8?q?x?= <jo@x.io>", "jo@x.io", None),
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
    "unquoted comma": ("Doe, Jo <jo@x.io>", "double quotes"),
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


def test_name_like_an_encoded_word_is_shown_as_typed() -> None:
    written = str(parse_address("=?utf-8?q?Your_Bank?= <jo@x.io>"))

    read = as_read(written)

    assert read.display_name == "=?utf-8?q?Your_Bank?="


def test_encoded_words_have_at_most_75_characters() -> None:
    written = str(parse_address(f"{'ä' * 200} <jo@x.io>"))

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

    address = parse_address(f'"{escaped}" <jo@x.io>')
    read = as_read(str(address))

    assert read.addr_spec == "jo@x.io"
    assert address.display_name == name
