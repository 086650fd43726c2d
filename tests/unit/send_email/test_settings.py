from __future__ import annotations

import pytest

from amsdal_mail.status import ConfigurationError
from send_email.settings import Settings

ENVIRONMENT = {
    "TABLE_NAME": "emails",
    "RETENTION_DAYS": "90",
    "QUEUE_URL": "https://queue",
    "CONTENT_BUCKET": "contents",
    "ATTACHMENT_BUCKETS": "reports, archive/2026/",
    "BULK_QUEUE_URL": "https://bulk",
    "AWS_SES_CONFIGURATION_SET": "tracked",
    "SES_IDENTITIES": "Example.com, Me@Example.org",
    "AWS_SES_METADATA_PREFIX": "metadata_",
    "MAX_SEND_RATE": "14.0",
    "BULK_SHARE": "0.8",
    "MAX_CONCURRENCY": "2",
    "TIMEOUT_SECONDS": "60",
    "LOST_RESPONSE_SECONDS": "900",
    "EXPIRING_CONFIGURATION_SET": "",
    "LONGEST_QUEUE_DELAY_SECONDS": "900",
    "SCHEDULE_GROUP": "AmsdalMail-dev",
    "SCHEDULE_QUEUE_ARN": "arn:queue",
    "SCHEDULE_BULK_QUEUE_ARN": "arn:bulk",
    "SCHEDULE_DEAD_LETTER_ARN": "arn:undelivered",
    "SCHEDULE_ROLE_ARN": "arn:role",
    "EVENT_BUS_NAME": "bus",
    "SUPPRESSION_KEY": "0123456789abcdef0123456789abcdef",
}


def test_environment_is_read() -> None:
    settings = Settings.from_environment(ENVIRONMENT)

    assert settings == Settings(
        "emails",
        90,
        "https://queue",
        "contents",
        ("reports", "archive/2026/"),
        "https://bulk",
        "tracked",
        frozenset({"example.com", "Me@example.org"}),
        "metadata_",
        14.0,
        0.8,
        2,
        60,
        900,
        "",
        900,
        "AmsdalMail-dev",
        "arn:queue",
        "arn:bulk",
        "arn:undelivered",
        "arn:role",
        "bus",
        b"0123456789abcdef0123456789abcdef",
    )


def test_all_missing_variables_are_named() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_environment({})

    assert all(f"{name} is missing" in str(caught.value) for name in ENVIRONMENT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TABLE_NAME", ""),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "-1"),
        ("RETENTION_DAYS", "1.5"),
        ("RETENTION_DAYS", "²"),
        ("SES_IDENTITIES", ""),
        ("SES_IDENTITIES", " , "),
        ("MAX_SEND_RATE", "0"),
        ("MAX_SEND_RATE", "inf"),
        ("MAX_SEND_RATE", "nan"),
        ("MAX_SEND_RATE", "fast"),
        ("BULK_SHARE", "1.1"),
        ("MAX_CONCURRENCY", "two"),
        ("SUPPRESSION_KEY", ""),
        ("SUPPRESSION_KEY", "short"),
    ],
)
def test_invalid_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment(ENVIRONMENT | {name: value})
