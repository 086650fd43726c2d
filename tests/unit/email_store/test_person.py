"""The address of a person is found in texts, and that of nobody else."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from email_store.person import Person

BOB = Person("bob@example.org")
BÜRO = Person("anna@xn--bro-hoa.example")


@pytest.mark.parametrize(
    "text",
    [
        "bob@example.org",
        "BOB@EXAMPLE.ORG",
        "550 5.1.1 <bob@example.org>: unknown",
        "to bob@example.org.",
        "mailto:bob@example.org?subject=x",
        "https://shop.example/u?email=bob%40example.org&x=1",
        "https://shop.example/u?next=%2Fu%3Femail%3Dbob%40example.org",
        "bounce+bob=example.org@shop.example",
        "bob=40example.org",
        "bob&#64;example.org",
        'a "bob\\u0040example.org" b',
        "https://shop.example/?e=" + b64encode(b"bob@example.org").decode(),
        "https://shop.example/?e=" + urlsafe_b64encode(b"BOB@EXAMPLE.ORG").decode(),
    ],
)
def test_address_is_found_in_its_spellings(text: str) -> None:
    assert BOB.is_named_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bob",
        "example.org",
        "jimbob@example.org",
        "jim.bob@example.org",
        "jim+bob@example.org",
        "bob@example.org.uk",
        "bob@example.organic",
        "bob@example.org-x.net",
        "bob@other.example",
    ],
)
def test_another_address_is_not_taken_for_it(text: str) -> None:
    assert not BOB.is_named_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "anna@xn--bro-hoa.example",
        "Anna@Büro.example",
        "?a=anna%40b%C3%BCro.example",
        "anna@b\\u00fcro.example",
        b64encode("x anna@büro.example".encode()).decode(),
    ],
)
def test_internationalized_domain_is_found(text: str) -> None:
    assert BÜRO.is_named_in(text)


@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_address_is_found_in_base64_at_any_place(before: bytes, after: bytes) -> None:
    assert BOB.is_named_in(b64encode(before + b"bob@example.org" + after).decode())


def test_a_quoted_local_part_is_found() -> None:
    person = Person('"b o"@example.org')

    assert person.is_named_in('smtp; 550 <"B O"@example.org> unknown')
    assert person.is_named_in("?e=%22b%20o%22%40example.org")


def test_texts_that_name_the_person_are_taken_out() -> None:
    value = {
        "smtp_response": "250 bob@example.org ok",
        "link": "https://shop.example",
        "tags": ["bob@example.org", "a"],
        "deep": {"bob@example.org": 1, "b": [{"c": "bob%40example.org"}]},
        "number": 1.5,
        "none": None,
    }

    assert BOB.without(value) == {
        "smtp_response": None,
        "link": "https://shop.example",
        "tags": ["a"],
        "deep": {"b": [{"c": None}]},
        "number": 1.5,
        "none": None,
    }
    assert BOB.is_named_by(value)
    assert not BOB.is_named_by(BOB.without(value))


def test_huge_text_is_searched_in_linear_time() -> None:
    text = "bob@" * 100_000 + "%40" * 100_000

    assert not BOB.is_named_in(text)
