"""The search of the list: words, filters, and how far one list looks."""

from __future__ import annotations

import pytest
from typing_extensions import override

from amsdal_mail.console.search import CALLS, ROWS, Search, list_emails
from amsdal_mail.console.values import EmailPage, Filters
from tests.unit.amsdal_mail.console.fake_source import FakeSource, email

ORDER = email(
    "e1", subject="Shop order 7", addresses=("a@example.net",), tags=("welcome",),
    metadata={"campaign": "q4"}, template="receipt",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_match"),
    [("", True), ("shop ORDER", True), ("e1", True), ("a@example.net", True), ("welcome", True),
     ("campaign=q4", True), ("receipt", True), ("shop b@", False), ("from the body", True)],
)  # fmt: skip
def test_search_needs_every_word(text: str, is_match: bool) -> None:
    assert Search(text).matches(ORDER, "Text from the body") is is_match


def test_subject_of_a_sensitive_email_is_not_searched() -> None:
    code = email("e1", subject="Code 482911", is_sensitive=True)

    assert not Search("482911").matches(code, "")


def test_query_has_the_names_of_the_api() -> None:
    query = {"q": " a ", "state": "bounced", "from": "2026-11-24", "to": "2026-11-25", "x": "y"}

    search = Search.from_query(query)

    assert search.filters == Filters(state="bounced", start="2026-11-24", end="2026-11-25")
    assert search.query == "q=a&state=bounced&from=2026-11-24&to=2026-11-25"
    assert search.older("next?") == f"{search.query}&cursor=next%3F"
    assert search.filters.query() == {
        "state": "bounced", "from": "2026-11-24", "to": "2026-11-25",
    }  # fmt: skip


async def test_words_are_looked_for_on_several_pages() -> None:
    source = FakeSource()
    source.emails = [email(f"e{number}") for number in range(7)]
    source.hidden_words = {"e6": "needle"}

    listing = await list_emails(source, Search("needle"))

    assert [row.id for row in listing.emails] == ["e6"]
    assert (listing.looked_at, listing.next_cursor) == (7, None)


async def test_a_list_asks_for_a_bounded_number_of_pages() -> None:
    source = FakeSource()
    source.emails = [email(f"e{number}") for number in range(1000)]

    listing = await list_emails(source, Search("not there"))

    assert listing.looked_at == CALLS * source.page_size
    assert listing.next_cursor == str(CALLS * source.page_size)


@pytest.mark.parametrize(("text", "pages"), [("", 1), ("order", 2)])
async def test_list_with_rows_asks_for_no_further_page(text: str, pages: int) -> None:
    source = FakeSource()
    source.page_size = ROWS // 2
    source.emails = [email(f"e{number}") for number in range(3 * ROWS)]

    listing = await list_emails(source, Search(text))

    assert len(listing.emails) == pages * source.page_size


async def test_empty_pages_are_passed_over() -> None:
    """A page of the API covers a part of the time, and may have no email of the filter."""
    source = Quiet()

    listing = await list_emails(source, Search())

    assert [row.id for row in listing.emails] == ["e1"]


class Quiet(FakeSource):
    @override
    async def find(self, filters: Filters, cursor: str | None) -> EmailPage:
        number = int(cursor or 0)
        emails = (email("e1"),) if number == 3 else ()
        return EmailPage(emails, str(number + 1))


async def test_email_on_two_pages_is_shown_once() -> None:
    source = FakeSource()
    source.emails = [email("e1"), email("e2"), email("e2"), email("e3")]

    listing = await list_emails(source, Search("order"))

    assert [row.id for row in listing.emails] == ["e1", "e2", "e3"]
