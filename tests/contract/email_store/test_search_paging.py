"""Pages of the search, one after the other, are what a look at each email finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amsdal_mail.status import SendState
from amsdal_mail.stream import Stream
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.memory import MemoryEmailStore
from email_store.records import RecipientRecord
from email_store.search import EmailQuery
from email_store.states import EmailState
from email_store.store import EmailStore
from tests.contract.email_store.searching import NOW, ids, send
from tests.email_table import HASHES, create_email_table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TABLES = count(1)
PEOPLE = ("anna@example.com", "Ben@example.com", "carl@example.com")
STATES = (SendState.ACCEPTED, SendState.SUPPRESSED, SendState.FAILED)
RETENTION = timedelta(days=2)
"""Little more than the age of the oldest email: each idle hour is a call."""
NewStore = Callable[[], EmailStore]


@dataclass(frozen=True)
class Sent:
    """One email, as the test sends it and looks at it."""

    minutes: int
    """Before NOW. Several emails have the same time."""
    people: tuple[str, ...]
    state: SendState
    tag: str | None
    stream: Stream
    is_external: bool

    def matches(self, query: EmailQuery) -> bool:
        at = NOW - timedelta(minutes=self.minutes)
        people = {address.lower() for address in self.people}
        return (
            (query.recipient is None or query.recipient.lower() in people)
            and (query.since is None or at >= query.since)
            and (query.until is None or at < query.until)
            and (query.state is None or query.state == self.shown_state)
            and (query.tag is None or (query.tag == self.tag and not self.is_external))
            and (query.stream is None or (query.stream == self.stream and not self.is_external))
        )

    @property
    def shown_state(self) -> str:
        return EmailState.DELIVERED.value if self.is_external else self.state.value


def moments() -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 5), st.integers(0, 40 * 60))


EMAILS = st.lists(
    st.builds(
        Sent,
        minutes=moments(),
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True).map(tuple),
        state=st.sampled_from(STATES),
        tag=st.sampled_from([None, "a", "b"]),
        stream=st.sampled_from(Stream),
        is_external=st.booleans(),
    ),
    max_size=12,
)
TIMES = st.none() | moments().map(lambda minutes: NOW - timedelta(minutes=minutes))
QUERIES = st.builds(
    EmailQuery,
    recipient=st.none() | st.sampled_from([*PEOPLE, "BEN@example.com", "dora@example.com"]),
    since=TIMES,
    until=TIMES,
    state=st.sampled_from([None, None, EmailState.ACCEPTED, EmailState.DELIVERED]),
    tag=st.sampled_from([None, None, "a"]),
    stream=st.sampled_from([None, None, "bulk"]),
)


@pytest.fixture(params=["memory", "dynamodb"])
def new_store(request: pytest.FixtureRequest) -> NewStore:
    if request.param == "memory":
        return lambda: MemoryEmailStore(RETENTION)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")

    def new() -> EmailStore:
        name = create_email_table(client, f"paging-{next(TABLES)}")
        return DynamoDBEmailStore(client, name, RETENTION, HASHES)

    return new


def store_email(store: EmailStore, number: int, email: Sent) -> None:
    at = NOW - timedelta(minutes=email.minutes)
    if not email.is_external:
        tags = (email.tag,) if email.tag else ()
        options = {"at": at, "state": email.state, "tags": tags, "stream": email.stream}
        send(store, f"e{number}", *email.people, **options)  # type: ignore[arg-type]
        return
    for address in email.people:
        recipient = RecipientRecord(
            email_id=f"ses-{number}",
            address=address,
            state=EmailState.DELIVERED,
            at=at,
            message_id=str(number),
        )
        store.advance_recipient(recipient, now=at)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(emails=EMAILS, query=QUERIES, limit=st.integers(1, 6))
def test_pages_together_are_a_look_at_each_email(
    new_store: NewStore, emails: list[Sent], query: EmailQuery, limit: int
) -> None:
    store = new_store()
    for number, email in enumerate(emails):
        store_email(store, number, email)

    found = ids(store, query, limit=limit)

    ages = {
        f"{'ses-' if email.is_external else 'e'}{number}": email.minutes
        for number, email in enumerate(emails)
        if email.matches(query)
    }
    assert sorted(found) == sorted(ages)
    assert [ages[email_id] for email_id in found] == sorted(ages.values())
