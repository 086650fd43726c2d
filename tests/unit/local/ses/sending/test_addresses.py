"""The address rules, with the texts of SES."""

from __future__ import annotations

import pytest

from local.ses.sending.addresses import AddressRefusedError, parse_mailbox


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("Doe, Ann <ann@example.com>", "Illegal address", id="comma in name"),
        pytest.param("a@example.com, b@example.com", "Illegal address", id="two addresses"),
        pytest.param("Ann <ann@example.com> x", "Illegal address", id="words after address"),
        pytest.param("Ann <ann@example.com", "Illegal address", id="open bracket"),
        pytest.param("Jörg <j@example.com>", "Illegal address", id="non-ASCII name"),
        pytest.param(
            "a b@example.com", "Local address contains control or whitespace", id="space in local"
        ),
        pytest.param(
            "a\nb@example.com", "Local address contains control or whitespace", id="LF in local"
        ),
        pytest.param(
            "a\rb@example.com", "Local address contains control or whitespace", id="CR in local"
        ),
        pytest.param(
            "jörg@example.com",
            "Local address contains control or whitespace",
            id="non-ASCII local",
        ),
        pytest.param(
            "Re: Ann <ann@example.com>",
            "Local address contains illegal character",
            id="colon in name",
        ),
        pytest.param(
            "a:b@example.com", "Local address contains illegal character", id="colon in local"
        ),
        pytest.param(
            "a@exam ple.com", "Domain contains control or whitespace", id="space in domain"
        ),
        pytest.param(
            "a@exam\nple.com", "Domain contains control or whitespace", id="newline in domain"
        ),
        pytest.param("a@exämple.com", "Domain contains illegal character", id="non-ASCII domain"),
        pytest.param("a@example%.com", "Domain contains illegal character", id="percent"),
        pytest.param("a@example.com!", "Domain contains illegal character", id="exclamation"),
        pytest.param("a@exa_mple.com", "Domain contains illegal character", id="underscore"),
        pytest.param("a@b@example.com", "Domain contains illegal character", id="second at"),
        pytest.param("a@", "Missing domain", id="no domain"),
        pytest.param("a@example.com.", "Missing domain", id="trailing dot"),
        pytest.param("ann", "Missing final '@domain'", id="no at"),
        pytest.param("@example.com", "Missing local name", id="no local part"),
        pytest.param("", "Invalid email address .", id="empty"),
        pytest.param(".a@example.com", "Local address starts with dot", id="leading dot"),
        pytest.param("a..b@example.com", "Local address contains dot-dot", id="dot-dot"),
        pytest.param("a.@example.com", "Local address ends with dot", id="dot before at"),
    ],
)
def test_invalid_address_has_the_text_of_ses(text: str, message: str) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        parse_mailbox(text)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        pytest.param("a@example.com", "", "a@example.com", id="bare"),
        pytest.param("Ann Doe <a@example.com>", "Ann Doe", "a@example.com", id="name"),
        pytest.param('"Doe, Ann" <a@example.com>', '"Doe, Ann"', "a@example.com", id="quoted"),
        pytest.param(
            "=?utf-8?q?J=C3=B6rg?= <a@example.com>",
            "=?utf-8?q?J=C3=B6rg?=",
            "a@example.com",
            id="encoded word",
        ),
        pytest.param("<a@example.com>", "", "a@example.com", id="brackets alone"),
        pytest.param("a+b@xn--exmple-cua.com", "", "a+b@xn--exmple-cua.com", id="punycode"),
        pytest.param('"a b"@example.com', "", '"a b"@example.com', id="quoted local part"),
    ],
)
def test_valid_address_is_parsed(text: str, name: str, address: str) -> None:
    mailbox = parse_mailbox(text)

    assert (mailbox.display_name, mailbox.address) == (name, address)


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?{}?=", '"{}"', "{}"], ids=["encoded", "quoted", "plain"]
)
def test_an_address_has_at_most_320_bytes_with_its_name(name: str) -> None:
    frame = f"{name.format('')} <ann@example.com>"
    longest = f"{name.format('n' * (320 - len(frame)))} <ann@example.com>"
    too_long = longest.replace("n", "nn", 1)

    assert parse_mailbox(longest).address == "ann@example.com"
    with pytest.raises(AddressRefusedError) as refused:
        parse_mailbox(too_long)
    assert str(refused.value) == f"Address length is more than 320 bytes long: '{too_long}'"
