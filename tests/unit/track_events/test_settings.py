from __future__ import annotations

import pytest

from amsdal_mail.status import ConfigurationError
from track_events.settings import Settings

KEY = "0123456789abcdef0123456789abcdef"
ENVIRONMENT = {
    "TABLE_NAME": "emails",
    "RETENTION_DAYS": "90",
    "EVENT_BUS_NAME": "bus",
    "SUPPRESSION_KEY": KEY,
}


def test_settings_are_read_from_the_environment() -> None:
    assert Settings.from_environment(ENVIRONMENT) == Settings("emails", 90, "bus", KEY.encode())


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment({"TABLE_NAME": ""})

    assert all(name in str(caught.value) for name in ENVIRONMENT)


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "many", "²"])
def test_retention_is_a_whole_number_of_days(days: str) -> None:
    with pytest.raises(ConfigurationError, match="RETENTION_DAYS"):
        Settings.from_environment({**ENVIRONMENT, "RETENTION_DAYS": days})
