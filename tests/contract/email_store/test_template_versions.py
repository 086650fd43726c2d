"""The version of a template: read with the suppression list, stored with the results."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from amsdal_mail.cli.templates.errors import VersionConflictError
from amsdal_mail.cli.templates.versions import TemplateVersions, Version, VersionTable
from amsdal_mail.status import RecipientStatus, SendState
from email_store.claims import Claim, SendUnit
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.memory import MemoryEmailStore
from email_store.rate_note import RateNote
from email_store.records import EmailRecord, Suppression, TemplateVersion
from email_store.store import EmailStore

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ANNA, BEN = "anna@example.com", "ben@example.com"
NOW = datetime(2026, 2, 27, 10, 15, 31, tzinfo=UTC)
LEASE = 90
EMAIL = EmailRecord(
    email_id="order-1", fingerprint="f", created_at=NOW, template_id="hello", recipient_count=1
)
LARGE = replace(EMAIL, email_id="news", recipient_count=2, chunk_count=2)
FIRST = Version("1a2b3c4d", "hello--dev--1a2b3c4d", "2026-02-27T10:15:31+00:00")
SECOND = Version("99887766", "hello--dev--99887766", "2026-02-27T10:16:31+00:00")


def point(store: EmailStore, version: Version) -> TemplateVersion:
    """Point the stage to a version, as `amsdal-mail templates push` does."""
    if isinstance(store, MemoryEmailStore):
        store.templates["hello"] = TemplateVersion(version.version, version.ses_name)
    elif isinstance(store, DynamoDBEmailStore):
        table = VersionTable(store.table._client, store.table.name)
        stored = table.get("hello")
        table.put(replace(stored, version=version.version, versions=(version, *stored.versions)))
    return TemplateVersion(version.version, version.ses_name)


def claimed(store: EmailStore, record: EmailRecord, chunk: int | None, address: str) -> Claim:
    unit = SendUnit(record.email_id, chunk)
    return store.claim(record, unit, [address], now=NOW, lease_seconds=LEASE)


def accepted(address: str) -> dict[str, RecipientStatus]:
    return {address: RecipientStatus(address, SendState.ACCEPTED, "ses-1")}


def version_of(store: EmailStore, email_id: str) -> str | None:
    view = store.load(email_id)
    assert view is not None
    assert view.record is not None
    return view.record.template_version


@pytest.mark.parametrize("with_note", [True, False])
def test_version_comes_with_the_suppressed_addresses(store: EmailStore, with_note: bool) -> None:
    store.suppress(Suppression(address=ANNA, reason="bounce", at=NOW))
    store.count_transactional(3)
    wanted = point(store, FIRST)

    suppressed, version, note = store.suppressed_and_template(
        [ANNA, BEN], "hello", with_note=with_note
    )

    assert suppressed == {ANNA}
    assert version == wanted
    assert note == (RateNote(3) if with_note else None)


@pytest.mark.parametrize("name", ["other", "a" * 255, "ä" * 255, "TEMPLATES", "#"])
def test_template_without_versions_has_none(store: EmailStore, name: str) -> None:
    point(store, FIRST)

    assert store.suppressed_and_template([BEN], name, with_note=False) == (set(), None, None)


def test_later_version_replaces_the_earlier(store: EmailStore) -> None:
    point(store, FIRST)
    wanted = point(store, SECOND)

    assert store.suppressed_and_template([], "hello", with_note=False)[1] == wanted


@pytest.mark.parametrize("is_done", [True, False], ids=["settle", "release"])
def test_version_is_stored_with_the_results(store: EmailStore, is_done: bool) -> None:
    claim = claimed(store, EMAIL, None, ANNA)
    assert version_of(store, "order-1") is None

    end = store.settle if is_done else store.release
    assert end(replace(claim, template_version="1a2b3c4d"), accepted(ANNA))

    assert version_of(store, "order-1") == "1a2b3c4d"


def test_results_without_a_version_keep_the_stored_one(store: EmailStore) -> None:
    claim = claimed(store, EMAIL, None, ANNA)
    store.release(replace(claim, template_version="1a2b3c4d"), accepted(ANNA))

    store.settle(claimed(store, EMAIL, None, ANNA), accepted(ANNA))

    assert version_of(store, "order-1") == "1a2b3c4d"


def test_lost_lease_stores_no_version(store: EmailStore) -> None:
    claim = claimed(store, EMAIL, None, ANNA)
    stale = replace(claim, attempt=claim.attempt + 1, template_version="1a2b3c4d")

    assert not store.settle(stale, accepted(ANNA))
    assert version_of(store, "order-1") is None


def test_chunks_store_the_version_in_their_email(store: EmailStore) -> None:
    store.settle(store.claim(LARGE, SendUnit("news"), (), now=NOW, lease_seconds=LEASE), {})

    for chunk, address, version in ((1, ANNA, "1a2b3c4d"), (2, BEN, "99887766")):
        claim = claimed(store, LARGE, chunk, address)
        assert store.settle(replace(claim, template_version=version), accepted(address))
        assert version_of(store, "news") == version

    view = store.load("news")
    assert view is not None
    assert view.counts == {"accepted": 2}


def test_pushes_at_the_same_time_exclude_each_other(
    dynamodb: DynamoDBClient, table_name: str
) -> None:
    table = VersionTable(dynamodb, table_name)
    new = TemplateVersions("hello", FIRST.version, (FIRST,))
    stored = table.put(new)

    with pytest.raises(VersionConflictError):
        table.put(new)
    table.put(replace(stored, version=SECOND.version, versions=(SECOND, FIRST)))
    with pytest.raises(VersionConflictError):
        table.put(stored)

    assert table.get("hello").versions == (SECOND, FIRST)
    assert table.get("hello").revision == 2


def test_all_templates_come_in_pages(dynamodb: DynamoDBClient, table_name: str) -> None:
    """A page of a query has 1 MB."""
    table = VersionTable(dynamodb, table_name)
    many = tuple(replace(FIRST, pushed_at="x" * 2_000) for _ in range(50))
    names = [f"template-{number:03}" for number in range(25)]
    for name in names:
        table.put(TemplateVersions(name, FIRST.version, many))

    assert list(table.all()) == names
