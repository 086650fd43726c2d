"""The tables of the documentation have the names of the code: all of them and no others."""

from __future__ import annotations

import re
from dataclasses import fields

from amsdal_mail import EmailMessage
from amsdal_mail.backends.ses import SESBackend
from email_store.states import EmailState
from infra.settings import Settings
from tests.docs.pages import DOCS, ROOT, Page
from track_events.event_bus import DETAIL_TYPES

INJECTED = {"environ", "clock", "sleep", "async_sleep", "jitter", "chance", "rng"}
"""Arguments of a backend that are for its tests."""


def first_column(page: str, title: str) -> set[str]:
    """The names in backticks in the first column of the table under this header."""
    text = Page(DOCS / page).text
    rows = text[text.index(f"| {title} |") :].split("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])}


def test_settings_table_has_every_setting() -> None:
    assert first_column("deploying.md", "setting") == {field.name for field in fields(Settings)}


def test_message_table_has_every_field() -> None:
    assert first_column("library.md", "field") == set(EmailMessage.model_fields)


def test_option_table_has_every_option() -> None:
    options = SESBackend.option_names() - INJECTED

    assert first_column("library.md", "option of `ses`") == options


def test_event_table_has_every_kind() -> None:
    assert first_column("events.md", "`kind`") == {kind.value for kind in DETAIL_TYPES}
    assert all(name in Page(DOCS / "events.md").text for name in DETAIL_TYPES.values())


def test_states_are_listed_in_the_order_of_their_ranks() -> None:
    text = re.sub(r"\s+", " ", Page(DOCS / "events.md").text)

    assert ", ".join(state.value for state in EmailState) in text


def test_metrics_are_listed() -> None:
    source = (ROOT / "lambdas/send_email/telemetry.py").read_text()
    names = set(re.findall(r'"([A-Z][a-z]+[A-Z]\w+)"', source))

    assert len(names) > 10
    assert sorted(names - Page(DOCS / "operating.md").codes()) == []
