"""DELETE /recipients: the table, SES's list and the bucket forget a person."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from email_store.erasure import WRITERS_SECONDS, Erasure
from email_store.memory import MemoryEmailStore
from email_store.records import Suppression
from email_store.states import EmailState
from send_email.sending.erasing import LONGEST_WAIT, Erasing
from send_email.sending.schedules import Schedules
from send_email.sending.service import SendService
from send_email.suppressions import Suppressions
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import ANNA, BEN, email, merged
from tests.unit.send_email.fake_s3 import FakeS3
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, FakeSESList, ListBus, ListQueue
from tests.unit.send_email.kept_world import kept, schedules, seconds, service

__all__ = ["kept", "schedules", "seconds", "service"]  # fixtures

PATH = f"/recipients?address={quote(ANNA)}"
KEY = {"Idempotency-Key": "k"}
ZEROS = {"emails": 0, "recipients": 0, "events": 0, "contents": 0, "suppressions": 0}
TOMORROW = (NOW + timedelta(days=1)).isoformat()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def erasing(
    service: SendService, suppressions: Suppressions, clock: Clock, waits: list[float]
) -> Erasing:
    """The use case with a sleep that moves the clock."""

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.forward(seconds)

    return Erasing(
        store=service.store,
        schedules=service.schedules,
        contents=service.contents,
        kept=service.keeper().contents if service.keeper else None,
        ses_list=suppressions,
        clock=clock,
        sleep=sleep,
    )


def bucket_text(s3: FakeS3) -> str:
    import gzip

    texts = [
        gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        for content in s3.objects.values()
    ]
    return b"\n".join(texts).decode(errors="replace").lower()


# The request and the response


def test_person_is_erased(api: Api, store: MemoryEmailStore) -> None:
    api("POST", "/emails", email(), KEY)

    response = api("DELETE", PATH)

    assert response.status == 200
    assert response.content == {
        "erased": {**ZEROS, "emails": 1, "recipients": 1, "contents": 1},
        "is_complete": False,
    }
    assert response.headers["retry-after"] == str(WRITERS_SECONDS)
    view = store.load("k")
    assert view is not None
    assert view.counts == {EmailState.ACCEPTED: 1}


def test_second_look_finds_nothing_and_completes(api: Api, clock: Clock) -> None:
    api("POST", "/emails", email(), KEY)
    api("DELETE", PATH)
    clock.forward(WRITERS_SECONDS)

    response = api("DELETE", PATH)

    assert response.content == {"erased": ZEROS, "is_complete": True}
    assert "retry-after" not in response.headers


def test_shown_email_has_no_address(api: Api) -> None:
    api("POST", "/emails", email(to=[ANNA, BEN]), KEY)
    api("DELETE", PATH)

    shown = api("GET", "/emails/k").content

    addresses = sorted(row["address"] for row in shown["recipients"])
    assert addresses[0] == BEN
    assert addresses[1].startswith("erased-")
    assert ANNA not in json.dumps(shown)


def test_repeated_request_is_answered_but_not_sent(api: Api, ses: FakeSES) -> None:
    api("POST", "/emails", email(), KEY)
    api("DELETE", PATH)

    again = api("POST", "/emails", email(), KEY)

    assert again.status == 200
    assert again.headers["idempotency-replayed"] == "true"
    assert len(ses.sent) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "address"),
        ("?address=", "address"),
        ("?address=no-address", "address"),
        ("?address=a%40b%40c", "address"),
        ("?address=a@example.com,b@example.com", "address"),
        (f"?address={'a' * 100_000}%40example.com", "address"),
        ("?address=%ED%A0%80%40example.com", "address"),
        (f"?adress={quote(ANNA)}", "adress"),
        (f"?address={quote(ANNA)}&all=true", "all"),
    ],
    ids=[
        "missing", "empty", "no domain", "two domains", "two", "huge", "surrogate", "typo",
        "unknown",
    ],
)  # fmt: skip
def test_bad_query_names_the_field(api: Api, query: str, field: str) -> None:
    response = api("DELETE", f"/recipients{query}")

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == [field]
    assert len(json.dumps(response.content)) < 2_000


def test_plus_and_letter_case_are_those_of_the_person(api: Api, store: MemoryEmailStore) -> None:
    api("POST", "/emails", email(to=["A+b@example.com"]), KEY)

    response = api("DELETE", "/recipients?address=a+B@EXAMPLE.com")

    assert response.content["erased"]["emails"] == 1
    assert "a+b@" not in repr(vars(store)).lower()


def test_address_is_not_logged(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api("POST", "/emails", email(), KEY)

    api("DELETE", PATH)

    assert "anna" not in "".join(capsys.readouterr()).lower()


# Waiting for the second look


def test_call_that_finds_nothing_waits_for_the_second_look(
    api: Api, erasing: Erasing, waits: list[float]
) -> None:
    """A caller who repeats the call at once makes a few calls, not hundreds."""
    api("POST", "/emails", email(), KEY)
    calls = 1
    while not erasing.erase(ANNA).is_complete:
        calls += 1

    assert calls <= 2 + WRITERS_SECONDS / LONGEST_WAIT
    assert sum(waits) == WRITERS_SECONDS
    assert max(waits) <= LONGEST_WAIT


def test_unknown_person_needs_no_wait(erasing: Erasing, waits: list[float]) -> None:
    assert erasing.erase(ANNA) == Erasure()
    assert waits == []


# Suppression


def test_address_on_the_list_of_ses_is_held_back_by_its_hash(
    erasing: Erasing, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    ses_list.entries["Anna@example.com"] = "COMPLAINT"
    ses_list.entries[ANNA] = "COMPLAINT"
    store.suppress(Suppression(address="Anna@example.com", reason="bounce", at=NOW))

    erasure = erasing.erase(ANNA)

    assert ses_list.entries == {}
    assert erasure.suppressions == 3
    assert store.suppressed([ANNA]) == {ANNA}
    assert "anna@" not in repr(vars(store)).lower()


def test_list_shows_an_erased_entry_without_an_address(api: Api, store: MemoryEmailStore) -> None:
    store.suppress(Suppression(address=ANNA, reason="bounce", at=NOW, email_id="k"))
    api("DELETE", PATH)

    listed = api("GET", "/suppressions").content["suppressions"]

    at = NOW.isoformat()
    assert listed == [{"address": None, "reason": "bounce", "at": at, "email_id": None}]
    shown = api("GET", f"/suppressions?address={quote(ANNA)}").content
    assert shown["ours"] == {"reason": "bounce", "at": at, "email_id": None}


def test_address_only_on_the_list_of_ses_gets_no_mail(
    erasing: Erasing, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    ses_list.entries[ANNA] = "COMPLAINT"

    erasing.erase(ANNA)

    assert ses_list.entries == {}
    entry = store.suppression(ANNA)
    assert entry is not None
    assert (entry.reason, entry.is_erased) == ("complaint", True)


def test_entry_stays_in_clear_while_ses_is_unavailable(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    """Its spelling is needed to find the entry of SES."""
    store.suppress(Suppression(address="Anna@example.com", reason="bounce", at=NOW))
    error: Any = {"Error": {"Code": "TooManyRequestsException", "Message": ""}}
    ses_list.raises = [ClientError(error, "GetSuppressedDestination")]

    assert api("DELETE", PATH).status == 503
    entry = store.suppression(ANNA)
    assert entry is not None
    assert entry.address == "Anna@example.com"


# Content, and mail that waits


def test_scheduled_email_is_canceled_with_its_content(
    api: Api, s3: FakeS3, bus: ListBus, ses: FakeSES
) -> None:
    api("POST", "/emails", email(send_at=TOMORROW), KEY)
    assert bucket_text(s3)

    response = api("DELETE", PATH)

    assert response.content["erased"]["contents"] == 1
    assert s3.objects == {}
    assert [notice.kind for notice in bus.notices] == ["scheduled", "canceled"]
    assert api("GET", "/emails/k").content["state"] == "canceled"
    assert ses.sent == []


def test_content_of_a_cancellation_that_crashed_is_deleted(
    api: Api, erasing: Erasing, schedules: Schedules, s3: FakeS3, store: MemoryEmailStore
) -> None:
    api("POST", "/emails", email(send_at=TOMORROW), KEY)
    found = store.find_unit("k")
    assert found is not None
    store.cancel("k", found)  # and no more

    erasing.erase(ANNA)

    assert s3.objects == {}


def test_queued_email_to_several_goes_to_the_others(
    api: Api, service: SendService, queue: ListQueue, ses: FakeSES
) -> None:
    api("POST", "/emails", email(to=[ANNA, BEN]), {**KEY, "Prefer": "respond-async"})
    api("DELETE", PATH)

    service.send(queue.jobs[0])

    assert [list(message.to) for message in ses.sent] == [[BEN]]


def test_queued_personalized_email_has_no_erased_copy(
    api: Api, service: SendService, queue: ListQueue, ses: FakeSES
) -> None:
    request = merged(BEN) | {"cc": [ANNA]}
    api("POST", "/emails", request, {**KEY, "Prefer": "respond-async"})
    api("DELETE", PATH)

    service.send(queue.jobs[0])

    assert [(list(message.to), list(message.cc)) for message in ses.sent] == [([BEN], [])]


def test_queued_email_to_the_person_alone_is_not_sent(
    api: Api, service: SendService, queue: ListQueue, ses: FakeSES
) -> None:
    api("POST", "/emails", email(), {**KEY, "Prefer": "respond-async"})
    api("DELETE", PATH)

    service.send(queue.jobs[0])

    assert ses.sent == []
    assert api("GET", "/emails/k").content["state"] == "canceled"


@pytest.mark.parametrize("to", [[ANNA], [ANNA, BEN]], ids=["alone", "with others"])
def test_kept_message_is_deleted(api: Api, s3: FakeS3, to: list[str]) -> None:
    api("POST", "/emails", email(to=to), KEY)
    assert s3.keys("kept/k/")

    response = api("DELETE", PATH)

    assert s3.objects == {}
    assert response.content["erased"]["contents"] == 1
    assert api("GET", "/emails/k").content["email"]["has_content"] is False
    assert api("GET", "/emails/k/content").status == 409


def test_kept_message_of_a_large_email_loses_the_person(
    api: Api, service: SendService, queue: ListQueue, s3: FakeS3
) -> None:
    people = [ANNA, *(f"p{number}@example.com" for number in range(60))]
    request = merged(*people) | {"body": "Hello {{name}}"}
    request["merge_data"] = {person: {"name": f"n-{person}"} for person in people}
    api("POST", "/emails", request, KEY)
    for job in list(queue.jobs):
        service.send(job)

    response = api("DELETE", PATH)

    assert response.content["erased"] == {**ZEROS, "emails": 1, "recipients": 1, "contents": 1}
    assert ANNA not in bucket_text(s3)
    assert "n-p59@example.com" in bucket_text(s3)
    assert api("GET", "/emails/k/content").status == 200


def test_message_that_a_worker_keeps_meanwhile_is_deleted(
    api: Api, erasing: Erasing, service: SendService, s3: FakeS3, store: MemoryEmailStore
) -> None:
    api("POST", "/emails", email(), KEY)
    objects = dict(s3.objects)
    erasing.erase(ANNA)
    assert s3.objects == {}
    s3.objects.update(objects)  # the worker was slow

    while not erasing.erase(ANNA).is_complete:
        pass

    assert s3.objects == {}


def test_erasing_without_kept_messages_touches_no_bucket(
    erasing: Erasing, api: Api, s3: FakeS3
) -> None:
    api("POST", "/emails", email(), KEY)
    s3.calls.clear()

    replace(erasing, kept=None).erase(ANNA)

    assert s3.calls == []
