"""GET /emails and the lists of GET /suppressions: parameters, documents and cursors."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from amsdal_mail.status import RetryHint, SendState
from email_store.claims import SendUnit
from email_store.memory import MemoryEmailStore
from email_store.records import EmailRecord, KeptContent, RecipientRecord, Suppression
from email_store.states import EmailState
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.bodies import ANNA, EMAIL
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, FakeSESList


def get(api: Api, path: str = "/emails", **query: Any) -> Any:
    response = api("GET", f"{path}?{urlencode(query)}" if query else path)
    assert response.status == 200, response.content
    return response.content


def fields(api: Api, query: str, path: str = "/emails") -> list[str]:
    """The invalid parameters of a query."""
    response = api("GET", f"{path}?{query}")
    assert response.status == 422, response.content
    return [error["field"] for error in response.content["detail"]]


def send(api: Api, clock: Clock, count: int = 1, **changes: Any) -> None:
    for number in range(count):
        clock.forward(1)
        key = changes.pop("key", f"e{number}")
        response = api.post({**EMAIL, "to": [ANNA], **changes}, Idempotency_Key=key)
        assert response.status in {200, 202, 422}


def walk(api: Api, path: str = "/emails", **query: Any) -> Iterator[Any]:
    while True:
        page = get(api, path, **query)
        yield page
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def test_row_has_all_that_a_list_shows(api: Api, clock: Clock) -> None:
    api.post(
        {**EMAIL, "to": ["Anna <Anna@example.com>"], "tags": ["a"], "metadata": {"order": "1"}},
        Idempotency_Key="e1",
    )
    clock.forward(5)

    page = get(api, recipient="anna@EXAMPLE.com")

    assert page == {
        "emails": [
            {
                "email_id": "e1",
                "created_at": NOW.isoformat(),
                "from_email": EMAIL["from_email"],
                "subject": EMAIL["subject"],
                "template_id": None,
                "template_version": None,
                "tags": ["a"],
                "metadata": {"order": "1"},
                "stream": "transactional",
                "sensitive": False,
                "state": "accepted",
                "counts": {"accepted": 1},
                "recipient_count": 1,
                "recipients": ["Anna@example.com"],
                "recipient": {
                    "address": "Anna@example.com",
                    "state": "accepted",
                    "message_id": "ses-1",
                    "error_code": None,
                    "error_message": None,
                },
                "send_at": None,
                "resent_from": None,
                "has_content": False,
            }
        ],
        "next_cursor": None,
        "searched": {
            "from": page["searched"]["from"],
            "to": (NOW + timedelta(seconds=5)).isoformat(),
        },
    }
    (row,) = get(api)["emails"]
    assert row == page["emails"][0] | {"recipient": None}


def test_sensitive_email_shows_no_subject(api: Api) -> None:
    api.post({**EMAIL, "to": [ANNA], "sensitive": True})

    (row,) = get(api)["emails"]

    assert (row["subject"], row["sensitive"]) == ("", True)


def test_text_for_the_operator_is_hidden(api: Api, ses: FakeSES) -> None:
    ses.respond(ANNA, SendState.FAILED, RetryHint.NO, code="AccessDeniedException")
    api.post(EMAIL)

    (row,) = get(api, recipient=ANNA)["emails"]

    assert "operator" in row["recipient"]["error_message"]


@pytest.mark.parametrize(("seconds", "has_content"), [(59, True), (60, False)])
def test_row_says_whether_the_message_is_kept(
    api: Api, store: MemoryEmailStore, clock: Clock, seconds: int, has_content: bool
) -> None:
    kept = KeptContent("kept/e1", NOW + timedelta(seconds=60))
    record = EmailRecord(email_id="e1", fingerprint="f", created_at=NOW, resent_from="e0")
    claim = store.claim(record, SendUnit("e1"), [ANNA], now=NOW, lease_seconds=90)
    store.settle(replace(claim, kept=kept), claim.results)
    clock.forward(seconds)

    (row,) = get(api, recipient=ANNA)["emails"]

    assert (row["has_content"], row["resent_from"]) == (has_content, "e0")


def test_mail_from_outside_has_empty_fields(api: Api, store: MemoryEmailStore) -> None:
    recipient = RecipientRecord(
        email_id="ses-0100", address=ANNA, state=EmailState.BOUNCED, at=NOW, message_id="0100"
    )
    store.advance_recipient(recipient, now=NOW)

    (row,) = get(api, recipient=ANNA)["emails"]

    assert (row["email_id"], row["from_email"], row["subject"]) == ("ses-0100", "", "")
    assert row["recipient"]["state"] == "bounced"


def test_pages_are_the_whole_newest_first(api: Api, clock: Clock) -> None:
    send(api, clock, 7)

    found = list(walk(api, limit=3, recipient=ANNA))

    assert [[row["email_id"] for row in page["emails"]] for page in found] == [
        ["e6", "e5", "e4"],
        ["e3", "e2", "e1"],
        ["e0"],
    ]
    assert [page["searched"]["to"] for page in found[1:]] == [
        page["searched"]["from"] for page in found[:-1]
    ]


def test_plus_of_an_address_may_be_a_space(api: Api) -> None:
    api.post({**EMAIL, "to": ["a+b@example.com"]})

    response = api("GET", "/emails?recipient=a+b@example.com")

    assert len(response.content["emails"]) == 1


@pytest.mark.parametrize(
    ("window", "found"),
    [
        ({"from": "2026-02-27"}, 1),
        ({"from": "2026-02-27", "to": "2026-02-27"}, 1),
        ({"to": "2026-02-26"}, 0),
        ({"from": "2026-02-28"}, 0),
        ({"from": "2026-02-27T11:15:31+01:00"}, 1),
        ({"from": "2026-02-27T11:15:31 01:00"}, 1),
        ({"to": "2026-02-27T10:15:31Z"}, 0),
        ({"to": "2026-02-27T10:15:31.000001Z"}, 1),
    ],
    ids=str,
)
def test_a_date_is_a_whole_day_in_utc(api: Api, window: dict[str, str], found: int) -> None:
    api.post(EMAIL)

    assert len(get(api, **window)["emails"]) == found
    assert len(get(api, recipient=ANNA, **window)["emails"]) == found


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("recipient=nobody", ["recipient"]),
        ("recipient=", ["recipient"]),
        ("recipient=" + "x" * 100_000 + "@example.com", ["recipient"]),
        ("from=yesterday", ["from"]),
        ("from=2026-02-27T10:00:00", ["from"]),
        ("from=2026-02-30", ["from"]),
        ("to=9999-12-31", ["to"]),
        ("from=%D9%A2026-02-27", ["from"]),
        ("from=2026-02-27&to=2026-02-26", ["from"]),
        ("state=lost", ["state"]),
        ("stream=slow", ["stream"]),
        ("limit=0", ["limit"]),
        ("limit=101", ["limit"]),
        ("limit=-1", ["limit"]),
        ("limit=%D9%A1", ["limit"]),
        ("limit=1e1", ["limit"]),
        ("tag=", ["tag"]),
        ("adress=a&limit=x&state=y", ["adress", "state", "limit"]),
        ("%D0%B6" * 500 + "=1", ["ж" * 100 + "…"]),
    ],
)
def test_parameter_that_breaks_a_rule_is_named(api: Api, query: str, named: list[str]) -> None:
    assert fields(api, query) == named


def test_from_without_offset_quotes_the_rule(api: Api) -> None:
    response = api("GET", "/emails?from=2026-02-27T10:00:00")

    (error,) = response.content["detail"]
    assert "RFC 3339" in error["rule"]


def cursor_of(api: Api, clock: Clock, **query: Any) -> str:
    send(api, clock, 3)
    cursor: str = get(api, limit=1, **query)["next_cursor"]
    return cursor


def altered(cursor: str, **changes: object) -> str:
    document = json.loads(urlsafe_b64decode(cursor + "=="))
    return urlsafe_b64encode(json.dumps(document | changes).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        ["yesterday", "p", "s", []],
        ["2026-02-27T10:15:31", "p", "s", []],
        ["2026-02-27T10:15:31Z", "p", "s", []],
        [NOW.isoformat(), "p", "", []],
        [NOW.isoformat(), "", "s", []],
        [NOW.isoformat(), "p" * 2000, "s", []],
        [NOW.isoformat(), "p\ud800", "s", []],
        [NOW.isoformat(), "p", "s", [1]],
        [NOW.isoformat(), "p", "s", [], 1],
        [NOW.isoformat(), 1, "s", []],
        ["9999-12-31T23:59:59+00:00", "p", "s", []],
        [(NOW + timedelta(days=1)).isoformat(), "", "", []],
    ],
    ids=str,
)
def test_position_that_is_none_is_refused(api: Api, clock: Clock, content: object) -> None:
    cursor = altered(cursor_of(api, clock), p=content)

    assert fields(api, f"cursor={cursor}") == ["cursor"]


@pytest.mark.parametrize(
    "cursor", ["x", "====", "e30", "bnVsbA", "W10", "%00", "x" * 9000, "%D0%B6", "W1tbW1tb" * 900]
)
def test_cursor_that_is_no_cursor_is_refused(api: Api, cursor: str) -> None:
    assert fields(api, f"cursor={cursor}") == ["cursor"]
    assert fields(api, f"cursor={cursor}", "/suppressions") == ["cursor"]
    assert fields(api, f"list=ses&cursor={cursor}", "/suppressions") == ["cursor"]


@pytest.mark.parametrize(
    "content",
    [
        [NOW.isoformat(), "", "", []],
        ["2026-02-27T12:15:31+02:00", "SUPPRESSION#1", "SUPPRESSION", []],
    ],
    ids=["no-entry", "other-offset"],
)
def test_cursor_that_no_page_of_suppressions_gave(
    api: Api, store: MemoryEmailStore, content: list[Any]
) -> None:
    for address in (ANNA, "ben@example.com"):
        store.suppress(Suppression(address=address, reason="bounce", at=NOW))
    cursor = altered(get(api, "/suppressions", limit=1)["next_cursor"], p=content)

    assert fields(api, f"cursor={cursor}", "/suppressions") == ["cursor"]


def test_cursor_of_another_version_is_refused(api: Api, clock: Clock) -> None:
    cursor = altered(cursor_of(api, clock), v=2)

    assert fields(api, f"cursor={cursor}") == ["cursor"]


@pytest.mark.parametrize("other", ["tag=a", "recipient=anna@example.com", "from=2026-02-01"])
def test_cursor_of_other_filters_is_refused(api: Api, clock: Clock, other: str) -> None:
    cursor = cursor_of(api, clock)

    assert fields(api, f"{other}&cursor={cursor}") == ["cursor"]
    assert fields(api, f"cursor={cursor}", "/suppressions") == ["cursor"]
    assert api("GET", f"/emails?limit=100&cursor={cursor}").status == 200


def test_page_larger_than_a_response_is_cut(api: Api, store: MemoryEmailStore) -> None:
    for number in range(20):
        api.post(EMAIL, Idempotency_Key=f"e{number}")
    records = store._records
    for email_id, record in list(records.items()):
        # Each of these letters is six bytes in JSON, and seven in the JSON of Lambda.
        records[email_id] = replace(record, metadata={"note": "ж" * 100_000})

    found = list(walk(api, limit=20))

    sizes = [len(json.dumps(json.dumps(page))) for page in found]
    assert len(found) > 1
    assert max(sizes) < 6_000_000
    ids = [row["email_id"] for page in found for row in page["emails"]]
    assert sorted(ids) == sorted(f"e{number}" for number in range(20))


def test_addresses_are_not_logged(
    api: Api, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    send(api, clock)
    get(api, recipient=ANNA)
    fields(api, f"recipient={ANNA}&limit=x")

    out = capsys.readouterr().out
    assert out
    assert ANNA not in out
    assert "anna" not in out


def suppress(store: MemoryEmailStore, ses_list: FakeSESList) -> None:
    for number in range(5):
        at = NOW + timedelta(seconds=number)
        address = f"p{number}@example.com"
        entry = Suppression(address=address, reason="bounce", at=at, email_id="e1")
        store.suppress(entry)
        ses_list.entries[f"s{number}@example.com"] = "COMPLAINT"


def test_list_of_the_service_is_newest_first(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    suppress(store, ses_list)

    found = [row for page in walk(api, "/suppressions", limit=2) for row in page["suppressions"]]

    assert [row["address"] for row in found] == [f"p{n}@example.com" for n in (4, 3, 2, 1, 0)]
    assert found[0] == {
        "address": "p4@example.com",
        "reason": "bounce",
        "at": (NOW + timedelta(seconds=4)).isoformat(),
        "email_id": "e1",
    }


def test_list_of_ses_comes_in_pages_of_ses(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    suppress(store, ses_list)

    found = list(walk(api, "/suppressions", list="ses", limit=2))

    rows = [row for page in found for row in page["suppressions"]]
    assert [len(page["suppressions"]) for page in found] == [2, 2, 1]
    assert {row["address"] for row in rows} == {f"s{n}@example.com" for n in range(5)}
    assert rows[0]["reason"] == "complaint"
    first = get(api, "/suppressions", list="ses", limit=2)
    assert fields(api, f"cursor={first['next_cursor']}", "/suppressions") == ["cursor"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("BadRequestException", 422),
        ("InvalidNextTokenException", 422),
        ("TooManyRequestsException", 503),
    ],
)
def test_refusal_of_ses_gets_its_status(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList, code: str, status: int
) -> None:
    suppress(store, ses_list)
    cursor = get(api, "/suppressions", list="ses", limit=2)["next_cursor"]
    error = {"Error": {"Code": code, "Message": ""}}
    ses_list.raises = [ClientError(error, "ListSuppressedDestinations")] * 2  # type: ignore[arg-type]

    assert api("GET", f"/suppressions?list=ses&cursor={cursor}").status == status
    assert api("GET", "/suppressions?list=ses").status == 503


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("list=ours", ["list"]),
        ("list=", ["list"]),
        ("limit=0", ["limit"]),
        ("recipient=a@example.com", ["recipient"]),
    ],
)
def test_parameter_of_a_list_that_is_wrong_is_named(api: Api, query: str, named: list[str]) -> None:
    assert fields(api, query, "/suppressions") == named


def test_address_comes_without_the_parameters_of_a_list(api: Api) -> None:
    assert fields(api, "address=a@example.com&list=ses", "/suppressions") == ["list"]
