"""Any input gives events or an InvalidEventError."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amsdal_mail.exceptions import InvalidEventError
from amsdal_mail.tracking import TrackingEvent, parse_event, parse_notification
from tests.sample_events import load, names

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""With lone surrogates: JSON can hold them, UTF-8 cannot."""
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
SES_NAMES = st.sampled_from(
    ["eventType", "notificationType", "mail", "bounce", "Type", "Message", "detail-type", "detail"]
)
SAMPLES = [load(name) for name in names("ses")]


def checked(events: list[TrackingEvent]) -> None:
    """Check the properties of an event on which the store and the bus rely."""
    for event in events:
        assert event.recipient is None or 0 < len(event.recipient.encode()) <= 512
        assert event.at.utcoffset() is not None
        assert len(event.event_id) == 32
        json.dumps(event.to_dict(), ensure_ascii=False).encode()
        json.dumps(event.raw)
        assert isinstance(event.should_suppress, bool)


def read(document: object) -> None:
    try:
        checked(parse_notification(document))
    except InvalidEventError as error:
        assert error.field  # noqa: PT017 - either outcome is fine


@given(JSON | st.text() | st.binary() | st.dictionaries(SES_NAMES, JSON))
def test_any_document_is_read_or_refused(document: object) -> None:
    read(document)


@given(st.data())
@settings(max_examples=400)
def test_a_sample_with_any_value_replaced_is_read_or_refused(data: st.DataObject) -> None:
    payload = json.loads(json.dumps(data.draw(st.sampled_from(SAMPLES))))
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(payload, data)

    read(json.dumps(payload))


def spoil(payload: dict[str, Any], data: st.DataObject) -> None:
    """Replace, remove or rename a value somewhere in the payload."""
    place: Any = payload
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or data.draw(st.booleans()):
            break
        place = inner
    if data.draw(st.booleans()):
        place[key] = data.draw(JSON)
    else:
        del place[key]


@given(st.data())
def test_the_event_id_does_not_depend_on_the_order_of_fields(data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from(SAMPLES))
    shuffled = dict(data.draw(st.permutations(list(payload.items()))))

    assert [e.event_id for e in parse_event(payload)] == [e.event_id for e in parse_event(shuffled)]


@pytest.mark.parametrize("nesting", [41, 900, 50_000])
def test_any_nesting_is_refused_with_the_typed_error(nesting: int) -> None:
    document = json.dumps(load("ses/send"))
    deep = document.replace('"mail": {', '"mail": {"x": ' + "[" * nesting + "]" * nesting + ", ", 1)

    with pytest.raises(InvalidEventError):
        parse_notification(deep)
