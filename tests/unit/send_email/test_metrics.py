"""GET /metrics: the query, the sums, the filters and the limits of the response."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest

from email_store.memory_metrics import MemoryMetricsStore
from email_store.metrics import OTHER, Metrics, Series
from email_store.store import StoreError
from send_email.api.metrics import LIST_LIMIT, MetricsQuery, metrics_response
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.fakes import NOW

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)
ZEROS = dict.fromkeys(
    (
        "accepted", "delivered", "bounced", "complained", "opened", "clicked", "rejected",
        "soft_bounced",
    ),
    0,
)  # fmt: skip
ORDERS = Series(day=TODAY, stream="transactional", template_id="order", tags=("order", "shop"))
RESETS = Series(day=YESTERDAY, stream="transactional", tags=("reset",))
NEWS = Series(day=TODAY, stream="bulk", template_id="news", tags=("shop",))
STRANGERS = Series(day=TODAY, stream="direct")


def arrived(series: Series, domain: str) -> Series:
    return Series(
        day=series.day,
        stream=series.stream,
        template_id=series.template_id,
        tags=series.tags,
        domain=domain,
    )


@pytest.fixture(autouse=True)
def counted(metrics_store: MemoryMetricsStore) -> None:
    metrics_store.count_metrics(
        {
            ORDERS: {"accepted": 10, "bounced": 1, "opened": 4, "clicked": 2},
            arrived(ORDERS, "example.org"): {"delivered": 9, "t12": 9},
            RESETS: {"accepted": 2, "complained": 1, "rejected": 1, "soft_bounced": 1},
            NEWS: {"accepted": 100},
            arrived(NEWS, "example.org"): {"delivered": 90, "t12": 86, "t20": 4},
            arrived(NEWS, "example.net"): {"delivered": 5, "t40": 5},
            STRANGERS: {"accepted": 1},
        }
    )


def numbers(**counts: int) -> dict[str, int]:
    return ZEROS | counts


def test_numbers_of_the_last_30_days_are_added_up(api: Api) -> None:
    response = api("GET", "/metrics")

    assert response.status == 200
    content = response.content
    assert (content["from"], content["to"]) == (str(TODAY - timedelta(days=29)), str(TODAY))
    assert content["totals"] == numbers(
        accepted=113, delivered=104, bounced=1, complained=1, opened=4, clicked=2, rejected=1,
        soft_bounced=1,
    )  # fmt: skip
    assert len(content["days"]) == 30
    assert content["days"][-1] == {"date": str(TODAY)} | numbers(
        accepted=111, delivered=104, bounced=1, opened=4, clicked=2
    )
    assert content["days"][0] == {"date": content["from"]} | ZEROS
    assert content["streams"] == [
        {"stream": "bulk"} | numbers(accepted=100, delivered=95),
        {"stream": "transactional"} | numbers(
            accepted=12, delivered=9, bounced=1, complained=1, opened=4, clicked=2, rejected=1,
            soft_bounced=1,
        ),
        {"stream": "direct"} | numbers(accepted=1),
    ]  # fmt: skip
    assert [(row["tag"], row["accepted"]) for row in content["tags"]] == [
        ("shop", 110),
        ("order", 10),
        ("reset", 2),
    ]
    assert [(row["template_id"], row["delivered"]) for row in content["templates"]] == [
        ("news", 95),
        ("order", 9),
    ]
    assert content["domains"] == [
        {
            "domain": "example.org",
            "delivered": 99,
            "seconds_p50": 0.734,
            "seconds_p95": 0.734,
            "seconds_p99": 2.93,
        },
        {
            "domain": "example.net",
            "delivered": 5,
            "seconds_p50": 93.9,
            "seconds_p95": 93.9,
            "seconds_p99": 93.9,
        },
    ]
    assert content["is_truncated"] is False


@pytest.mark.parametrize(
    ("query", "accepted", "delivered"),
    [
        ("stream=bulk", 100, 95),
        ("stream=direct", 1, 0),
        ("tag=shop", 110, 104),
        ("tag=shop&stream=transactional", 10, 9),
        ("template=order", 10, 9),
        ("tag=reset&template=order", 0, 0),
        ("tag=unknown", 0, 0),
        ("tag=%F0%9F%8E%89", 0, 0),
        (f"to={YESTERDAY}", 2, 0),
        (f"from={TODAY}", 111, 104),
        (f"from={TODAY}&to={TODAY}&stream=bulk", 100, 95),
    ],
)
def test_filters_choose_what_is_added_up(
    api: Api, query: str, accepted: int, delivered: int
) -> None:
    content = api("GET", f"/metrics?{query}").content

    assert (content["totals"]["accepted"], content["totals"]["delivered"]) == (accepted, delivered)
    assert sum(row["accepted"] for row in content["streams"]) == accepted
    assert sum(row["accepted"] for row in content["days"]) == accepted
    assert sum(row["delivered"] for row in content["domains"]) == delivered


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("until=2026-01-01", "until", "is unknown"),
        ("from=yesterday", "from", "must be a date"),
        ("from=20260101", "from", "must be a date"),
        ("from=2026-W01-1", "from", "must be a date"),
        ("from=2026-02-30", "from", "must be a date"),
        ("to=2026-01-01T00:00:00Z", "to", "must be a date"),
        ("to=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "to", "must be a date"),
        ("to=", "to", "must be a date"),
        ("from=2026-02-02&to=2026-02-01", "from", "must not be after 2026-02-01"),
        ("from=2025-11-01&to=2026-02-01", "from", "must not be before 2025-11-02: "),
        ("from=9999-01-01", "from", "must not be after"),
        ("stream=slow", "stream", "must be one of transactional, bulk, direct"),
        ("tag=", "tag", "must have 1 to"),
        (f"template={'x' * 100_000}", "template", "must have 1 to"),
    ],
    ids=lambda value: value[:40],
)
def test_invalid_query_names_the_parameter(api: Api, query: str, field: str, rule: str) -> None:
    response = api("GET", f"/metrics?{query}")

    assert response.status == 422
    assert response.content["message"] == "The request is invalid."
    (error,) = response.content["detail"]
    assert error["field"] == field
    assert error["rule"].startswith(rule)


def test_all_broken_rules_are_named(api: Api) -> None:
    response = api("GET", "/metrics?from=x&to=y&stream=z&tag=&page=2")

    fields = {error["field"] for error in response.content["detail"]}
    assert fields == {"from", "to", "stream", "tag", "page"}


def test_unknown_parameter_of_100_000_characters_is_cut(api: Api) -> None:
    response = api("GET", f"/metrics?{quote('🎉' * 25_000)}=1")

    assert response.status == 422
    assert len(json.dumps(response.content)) < 3_000


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", TODAY - timedelta(days=29), TODAY),
        ("to=2026-01-31", date(2026, 1, 2), date(2026, 1, 31)),
        ("to=0001-01-05", date(1, 1, 1), date(1, 1, 5)),
        (f"from={TODAY}", TODAY, TODAY),
        ("from=2025-11-02&to=2026-02-01", date(2025, 11, 2), date(2026, 2, 1)),
    ],
)
def test_period_has_defaults_and_92_days(api: Api, query: str, first: date, last: date) -> None:
    content = api("GET", f"/metrics?{query}").content

    assert (content["from"], content["to"]) == (str(first), str(last))
    assert len(content["days"]) == (last - first).days + 1 <= 92


def test_days_left_out_by_the_store_are_not_shown_as_zeros() -> None:
    query = MetricsQuery(YESTERDAY, TODAY)

    response = metrics_response(query, Metrics(TODAY, {NEWS: {"accepted": 1}}))

    assert response["is_truncated"] is True
    assert response["from"] == str(TODAY)
    assert [day["date"] for day in response["days"]] == [str(TODAY)]


def test_long_lists_end_with_the_sum_of_the_rest() -> None:
    tally: dict[Series, Any] = {
        Series(day=TODAY, stream="bulk", tags=(f"t{number:04}",)): {"accepted": number + 1}
        for number in range(LIST_LIMIT + 20)
    }
    tally[Series(day=TODAY, stream="bulk", tags=(OTHER,))] = {"accepted": 9_000}

    response = metrics_response(MetricsQuery(TODAY, TODAY), Metrics(TODAY, tally))

    rows = response["tags"]
    assert len(rows) == LIST_LIMIT + 1
    assert rows[0]["tag"] == f"t{LIST_LIMIT + 19:04}"
    assert rows[-1]["tag"] == OTHER
    assert rows[-1]["accepted"] == 9_000 + sum(range(1, 21))
    assert sum(row["accepted"] for row in rows) == response["totals"]["accepted"]


def test_largest_response_fits_into_that_of_a_function(metrics_store: MemoryMetricsStore) -> None:
    days = [TODAY - timedelta(days=number) for number in range(92)]
    for day in days:
        hostile = (
            Series(day=day, stream="bulk", template_id=f'"{day}' * 20, tags=(f'"{n}{day}' * 15,))
            for n in range(100)
        )
        metrics_store.count_metrics({series: {"accepted": 10**12} for series in hostile})

    metrics = metrics_store.read_metrics(days[-1], days[0])
    response = metrics_response(MetricsQuery(days[-1], days[0]), metrics)

    assert len(json.dumps(json.dumps(response))) < 6_000_000


def test_table_that_cannot_be_read_is_503(api: Api, metrics_store: MemoryMetricsStore) -> None:
    metrics_store.read_metrics = Mock(side_effect=StoreError("down"))  # type: ignore[method-assign]

    assert api("GET", "/metrics").status == 503


def test_document_describes_what_the_route_returns(api: Api) -> None:
    document = api("GET", "/openapi.json").content

    operation = document["paths"]["/metrics"]["get"]
    names = [parameter["name"] for parameter in operation["parameters"]]
    schema = document["components"]["schemas"]["MetricsResponse"]
    assert names == ["from", "to", "stream", "tag", "template"]
    assert set(schema["properties"]) == set(api("GET", "/metrics").content)
    entry = document["components"]["schemas"]["TagResponse"]["properties"]
    assert set(entry) == {"tag", *ZEROS}


def test_response_adds_the_same_whatever_the_order() -> None:
    tally = {
        Series(day=TODAY, stream="bulk", tags=("b",)): Counter(accepted=1),
        Series(day=TODAY, stream="bulk", tags=("a",)): Counter(accepted=1),
    }
    query = MetricsQuery(TODAY, TODAY)

    responses = [
        metrics_response(query, Metrics(TODAY, dict(entries)))
        for entries in (tally.items(), reversed(tally.items()))
    ]

    assert responses[0] == responses[1]
