"""Single fields of SES's events, in every spelling that was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from amsdal_mail.tracking import (
    Click,
    Open,
    Subscription,
    parse_event,
)
from tests.sample_events import load


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2016-10-14T05:02:16.645Z", datetime(2016, 10, 14, 5, 2, 16, 645_000, UTC)),
        ("2016-10-14T05:02:16Z", datetime(2016, 10, 14, 5, 2, 16, 0, UTC)),
        ("2016-10-14T07:02:16.645+02:00", datetime(2016, 10, 14, 5, 2, 16, 645_000, UTC)),
        ("2016-10-14T05:02:16.645+0000", datetime(2016, 10, 14, 5, 2, 16, 645_000, UTC)),
        ("2018-10-08T14:05:45 +0000", datetime(2018, 10, 8, 14, 5, 45, 0, UTC)),
        ("2018-10-08T14:05:45.250 +0000", datetime(2018, 10, 8, 14, 5, 45, 250_000, UTC)),
        ("2018-10-08T14:05:45 -05:30", datetime(2018, 10, 8, 19, 35, 45, 0, UTC)),
        ("2018-10-08T14:05:45", datetime(2018, 10, 8, 14, 5, 45, 0, UTC)),
        (None, datetime(2026, 3, 2, 9, 15, 30, 120_000, UTC)),
    ],
    ids=str,
)
def test_times_are_read_in_every_spelling_and_kept_in_utc(
    written: str | None, read: datetime
) -> None:
    payload = load("ses/bounce_permanent")
    payload["bounce"]["timestamp"] = written

    (event,) = parse_event(payload)

    assert event.at == read
    assert event.at.tzinfo is UTC


def test_a_complaints_time_is_not_its_arrival_date() -> None:
    payload = load("ses/complaint")
    assert payload["complaint"]["arrivalDate"] != payload["complaint"]["timestamp"]

    assert parse_event(load("ses/complaint"))[0].at == datetime(
        2026, 3, 2, 10, 2, 11, tzinfo=timezone(timedelta(0))
    )


def test_tags_and_metadata_are_read_back() -> None:
    payload = load("ses/delivery")
    payload["mail"]["tags"] |= {
        "metadata:region": ["eu"],
        "metadata_flag": ["true"],
        "source": ["newsletter"],
        "plain": "true",
        "ses:feedback-id-a": ["campaign"],
    }

    (event,) = parse_event(payload)

    assert event.email_id == "order-1003"
    assert event.tags == ("order-confirmation", "plain")
    assert event.metadata == {
        "order_id": "1234",
        "campaign": "q1-billing",
        "region": "eu",
        "flag": "true",
        "source": "newsletter",
        "ses:feedback-id-a": "campaign",
    }


@pytest.mark.parametrize("tags", [None, {}, {"ses:operation": ["SendEmail"]}], ids=str)
def test_mail_without_our_tags_has_no_email_id(tags: object) -> None:
    payload = load("ses/delivery")
    payload["mail"]["tags"] = tags

    (event,) = parse_event(payload)

    assert (event.email_id, event.tags, event.metadata) == (None, (), {})


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "a/b", "a#b"], ids=repr)
def test_invalid_email_id_in_a_tag_is_none(value: str) -> None:
    payload = load("ses/delivery")
    payload["mail"]["tags"]["email_id"] = [value]

    (event,) = parse_event(payload)

    assert event.email_id is None


@pytest.mark.parametrize(
    ("link_tags", "read"),
    [
        (None, {}),
        ({"a": ["x", "y"]}, {"a": ("x", "y")}),
        ({"a": "x"}, {"a": ("x",)}),
        ("a:x;", {}),
    ],
    ids=str,
)
def test_link_tags_may_be_lists_strings_or_null(link_tags: object, read: object) -> None:
    payload = load("ses/click")
    payload["click"]["linkTags"] = link_tags

    (event,) = parse_event(payload)

    assert isinstance(event.details, Click)
    assert event.details.link_tags == read


@pytest.mark.parametrize(
    ("word", "is_bot"),
    [("Likely", True), ("Unlikely", False), (None, None), ("Perhaps", None)],
    ids=str,
)
def test_likely_bot_of_ses_is_a_bot(word: str | None, is_bot: bool | None) -> None:
    payload = load("ses/open")
    payload["open"]["isBotEvent"] = word

    (event,) = parse_event(payload)

    assert isinstance(event.details, Open)
    assert event.details.is_bot is is_bot


def test_opt_in_differs_from_opt_out() -> None:
    payload = load("ses/subscription")
    subscription = payload["subscription"]
    subscription["oldTopicPreferences"], subscription["newTopicPreferences"] = (
        subscription["newTopicPreferences"],
        subscription["oldTopicPreferences"],
    )

    (event,) = parse_event(payload)

    assert event.details == Subscription("customers", resubscribed=True, opted_in=("news",))


def test_a_subscription_without_topics_is_read() -> None:
    payload = load("ses/subscription")
    payload["subscription"]["newTopicPreferences"] = {"unsubscribeAll": True}
    del payload["subscription"]["oldTopicPreferences"]

    (event,) = parse_event(payload)

    assert event.details == Subscription("customers", unsubscribed_from_all=True)


def test_delayed_recipients_may_be_plain_addresses() -> None:
    payload = load("ses/delivery_delay")
    payload["deliveryDelay"]["delayedRecipients"] = ["slow@example.net"]

    (event,) = parse_event(payload)

    assert event.recipient == "slow@example.net"


@pytest.mark.parametrize("sample", ["open", "send", "reject", "rendering_failure"])
def test_a_missing_object_is_read_as_an_empty_one(sample: str) -> None:
    payload = load(f"ses/{sample}")
    del payload[next(name for name in payload if name not in {"eventType", "mail"})]

    (event,) = parse_event(payload)

    assert event.recipient == "alice@example.net"
    assert event.at == datetime(2026, 3, 2, 9, 15, 30, 120_000, UTC)


def test_fields_that_ses_may_add_are_left_alone() -> None:
    payload = load("ses/bounce_permanent")
    payload["future"] = {"x": [1.5, None]}
    payload["bounce"]["future"] = payload["mail"]["future"] = ["x"]
    payload["bounce"]["bouncedRecipients"][0]["future"] = 1

    assert parse_event(payload)[0].details == parse_event(load("ses/bounce_permanent"))[0].details
