"""Rules on merge data: addresses, placeholders, sizes."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail import EmailMessage, InvalidMessageError

ANNA = "anna@example.com"
VALID: dict[str, Any] = {
    "subject": "Order 1234",
    "body": "Thank you.",
    "from_email": "orders@example.com",
    "to": [ANNA],
}
LOOP: dict[str, Any] = {}
LOOP["a"] = LOOP
LONG_DATA = {"text": "x" * 262_144}

BROKEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "merge data of an unknown recipient": (
        {"merge_data": {"z@x.io": {}}},
        "merge_data.z@x.io",
        "not one of the addresses in to",
    ),
    "merge data twice": ({"to": ["a@x.io"] * 2, "merge_data": {}}, "to", "2 times"),
    "merge data given twice": (
        {"merge_data": {ANNA: {}, "anna@EXAMPLE.com": {}}},
        "merge_data",
        "2 times",
    ),
    "escaped merge data too long": (
        {"html_body": "{{a}}", "merge_global_data": {"a": "<" * 80_000}, "escape_merge_data": True},
        "merge_global_data",
        "400027.*262144",
    ),
    "placeholder without a value": (
        {"body": "Hi {{ nmae }}", "merge_global_data": {"name": "Anna"}},
        "body",
        r"\{\{nmae\}\} has no value for any recipient",
    ),
    "placeholder without a value for a recipient": (
        {
            "subject": "Hi {{name}}",
            "to": [ANNA, "b@x.io"],
            "merge_data": {ANNA: {"name": "Anna"}},
        },
        "subject",
        r"\{\{name\}\} has no value for b@x.io",
    ),
    "null for a recipient": (
        {
            "body": "{{name}}",
            "merge_data": {ANNA: {"name": None}},
            "merge_global_data": {"name": "you"},
        },
        "body",
        f"{{{{name}}}} has no value for {ANNA}",
    ),
    "null for all": ({"body": "{{a}}", "merge_global_data": {"a": None}}, "body", "any recipient"),
    "path that ends too early": (
        {"html_body": "{{{ a.b.c }}}", "merge_global_data": {"a": {"b": "x"}}},
        "html_body",
        r"\{\{a\.b\.c\}\} has no value for any recipient",
    ),
    "null at the end of a path for the second": (
        {
            "subject": "{{a.b}}",
            "to": [ANNA, "b@x.io"],
            "merge_data": {ANNA: {"a": {"b": 0}}, "b@x.io": {"a": {"b": None}}},
            "merge_global_data": {"a": {"b": "global"}},
        },
        "subject",
        "has no value for b@x.io",
    ),
    "own object hides the global one": (
        {
            "subject": "{{a.b}}",
            "merge_data": {ANNA: {"a": {"c": 1}}},
            "merge_global_data": {"a": {"b": 1}},
        },
        "subject",
        f"has no value for {ANNA}",
    ),
    "block in a body": (
        {"body": "{{#if a}}x{{/if}}", "merge_global_data": {"a": 1}},
        "body",
        "plain name",
    ),
    "comment in a body": (
        {"html_body": "{{! a }}", "merge_global_data": {"a": 1}},
        "html_body",
        "plain name",
    ),
    "open brackets in a body": ({"body": "a {{ b", "merge_data": {}}, "body", "plain name"),
    "placeholder in a header": (
        {"headers": {"X-A": "{{a}}"}, "merge_global_data": {"a": 1}},
        "headers.X-A",
        "merge_headers",
    ),
    "placeholder in a header of a stored template": (
        {"headers": {"X-A": ["1", "{{ a.b }}"]}, "template_id": "t"},
        "headers.X-A",
        "SES fills them in subject",
    ),
    "placeholder in the sender": (
        {"from_email": "{{a}} <a@x.io>", "template_id": "t"},
        "from_email",
        "placeholder",
    ),
    "placeholder in reply_to": (
        {"reply_to": ["{{a}} <a@x.io>"], "merge_data": {}},
        "reply_to[0]",
        "placeholder",
    ),
    "placeholder in a name in to": (
        {"to": ["{{a}} <a@x.io>"], "template_id": "t"},
        "to[0]",
        "placeholder",
    ),
    "placeholder in metadata": (
        {"metadata": {"a": "{{a}}"}, "template_id": "t"},
        "metadata.a",
        "merge_metadata",
    ),
    "placeholder in a merge header": (
        {"merge_headers": {ANNA: {"X-A": "{{a}}"}}},
        f"merge_headers.{ANNA}.X-A",
        "placeholder",
    ),
    "merge header of an unknown recipient": (
        {"merge_headers": {"z@x.io": {}}},
        "merge_headers.z@x.io",
        "not one of the addresses in to",
    ),
    "merge metadata given twice": (
        {"merge_metadata": {ANNA: {}, f"Anna <{ANNA}>": {}}},
        "merge_metadata",
        "2 times",
    ),
    "merge header of another field": (
        {"merge_headers": {ANNA: {"Bcc": "a@x.io"}}},
        f"merge_headers.{ANNA}.Bcc",
        "set by bcc",
    ),
    "merge header that is not ASCII": (
        {"merge_headers": {ANNA: {"List-Unsubscribe": "<https://ä.de>"}}},
        f"merge_headers.{ANNA}.List-Unsubscribe",
        "ASCII",
    ),
    "merge header that is too long": (
        {"merge_headers": {ANNA: {"X-A": "a " * 500}}},
        f"merge_headers.{ANNA}.X-A",
        "995",
    ),
    "merge header in two spellings": (
        {"merge_headers": {ANNA: {"X-A": "1", "x-a": "2"}}},
        f"merge_headers.{ANNA}",
        "2 times",
    ),
    "16 headers with those of a recipient": (
        {"headers": {f"X-{n}": "a" for n in range(15)}, "merge_headers": {ANNA: {"X-A": "1"}}},
        f"merge_headers.{ANNA}",
        "16 headers",
    ),
    "51 tags with those of a recipient": (
        {"tags": [f"t{n}" for n in range(50)], "merge_metadata": {ANNA: {"a": "1"}}},
        f"merge_metadata.{ANNA}",
        "51 tags",
    ),
    "long key in merge metadata": (
        {"merge_metadata": {ANNA: {"k" * 250: "v"}}},
        f"merge_metadata.{ANNA}.{'k' * 250}",
        "246",
    ),
    "value of two lines in the subject": (
        {"subject": "Hi {{name}}", "merge_data": {ANNA: {"name": "a\nBcc: b@x.io"}}},
        f"merge_data.{ANNA}.name",
        "one line",
    ),
    "value of two lines within one in the subject": (
        {
            "subject": "Hi {{user.name}}",
            "merge_data": {ANNA: {"user": {"name": ["a\nBcc: b@x.io"]}}},
        },
        f"merge_data.{ANNA}.user",
        "one line",
    ),
    "name of two lines within a value in the subject": (
        {"subject": "Hi {{user}}", "merge_global_data": {"user": {"a\u2028b": 1}}},
        "merge_global_data.user",
        "one line",
    ),
    "part of a list in the subject": (
        {"subject": "Hi {{a.[0]}}", "merge_global_data": {"a": ["x\ny"]}},
        "subject",
        "plain",
    ),
    "name in brackets in the subject": (
        {"subject": "Hi {{[my name]}}", "merge_global_data": {"my name": "x"}},
        "subject",
        "plain",
    ),
    "block in the subject": (
        {"subject": "{{#if a}}Hi{{/if}}", "merge_global_data": {"a": "x"}},
        "subject",
        "plain",
    ),
    "copy to an address in to": (
        {"cc": ["Anna <anna@EXAMPLE.com>"], "merge_data": {}},
        "cc",
        f"{ANNA} is in to as well",
    ),
    "blind copy to an address in to": (
        {"bcc": ["b@x.io", ANNA], "merge_data": {}},
        "bcc",
        f"{ANNA} is in to as well",
    ),
    "globals too long for a call to 50": (
        {
            "to": [f"u{n}@x.io" for n in range(50)],
            "merge_data": {},
            "merge_global_data": {"a": "\U0001f600" * 20_000},
        },
        "merge_global_data",
        "for 50 recipients.*12000750 bytes.*10485760",
    ),
    "own values too long for a call": (
        {
            "to": [f"u{n}@x.io" for n in range(60)],
            "merge_data": {f"u{n}@x.io": {"a": "x" * 262_000} for n in range(45)},
            "merge_global_data": {"b": "x"},
        },
        "merge_data",
        "for 50 recipients.*10485760",
    ),
    "merge data that is not JSON": (
        {"merge_global_data": {"a": object()}},
        "merge_global_data.a",
        "a JSON value",
    ),
    "NaN": ({"merge_global_data": {"a": float("nan")}}, "merge_global_data", "NaN"),
    "merge data too long": ({"merge_global_data": LONG_DATA}, "merge_global_data", "262144"),
    "merged data too long": (
        {
            "merge_global_data": {"a": "x" * 262_000},
            "merge_data": {VALID["to"][0]: {"b": "x" * 200}},
        },
        f"merge_data.{ANNA}",
        "262144",
    ),
    "merge data within itself": (
        {"merge_global_data": LOOP},
        "merge_global_data.a.dict.a",
        "itself",
    ),
}


@pytest.mark.parametrize(("change", "field", "rule"), BROKEN.values(), ids=BROKEN)
def test_broken_rule_names_field_and_limit(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidMessageError, match=rule) as caught:
        EmailMessage(**VALID | change)

    assert field in [error.field for error in caught.value.errors]


ACCEPTED: dict[str, dict[str, Any]] = {
    "10,000 merged": {"to": [f"u{n}@x.io" for n in range(10_000)], "merge_data": {}},
    "Cyrillic merge data": {"merge_global_data": {"a": "ж" * 262_000}},
    "open tracker in a body": {
        "html_body": "{{name}}{{ses:openTracker}}",
        "merge_global_data": {"name": "a\nb"},
    },
    "values that are false": {
        "subject": "{{a}} {{b}} {{c.d}}",
        "merge_global_data": {"a": 0, "b": False, "c": {"d": ""}},
    },
    "global value where a recipient has none": {
        "subject": "{{a.b}}",
        "merge_data": {ANNA: {"c": 1}},
        "merge_global_data": {"a": {"b": 1}},
    },
    "15 headers, one of a recipient in another letter case": {
        "headers": {f"X-{n}": "a" for n in range(15)},
        "merge_headers": {ANNA: {"x-0": "1"}},
    },
    "braces in the header of a plain message": {"headers": {"X-A": "{{a}}"}},
    "dotted name in the subject": {
        "subject": "Hi {{user.name}}",
        "merge_global_data": {"user": {"name": "Anna"}},
    },
    "braces in a subject without values": {"subject": "{{[my name]}}"},
    "braces in a subject that a stored template does not use": {
        "subject": "{{[my name]}}",
        "template_id": "welcome",
    },
    "copies beside to": {"cc": ["c@x.io"], "bcc": ["c@x.io"], "merge_data": {}},
    "address in to and cc of one message": {"cc": [ANNA]},
    "long globals for 30": {
        "to": [f"u{n}@x.io" for n in range(30)],
        "merge_data": {},
        "merge_global_data": {"a": "x" * 262_000},
    },
}


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_valid_merge_data_is_accepted(change: dict[str, Any]) -> None:
    message = EmailMessage(**VALID | change)

    assert EmailMessage.from_json(message.to_json()) == message


def test_long_body_is_searched_once_for_all_recipients() -> None:
    people = [f"u{n}@x.io" for n in range(10_000)]
    began = time.process_time()

    EmailMessage(
        **VALID | {"to": people, "html_body": "{{name}} " * 100_000},
        merge_data={address: {"name": "<x>"} for address in people},
        escape_merge_data=True,
    )

    assert time.process_time() - began < 5


def test_plain_message_runs_no_merge_rule() -> None:
    assert "merge_rules.py" in files_entered(VALID | {"merge_global_data": {}})
    assert not {"merge_rules.py", "merge_data.py"} & files_entered(VALID)


def files_entered(fields: dict[str, Any]) -> set[str]:
    """Return the names of the files whose functions run while a message is made."""
    EmailMessage(**fields)  # the first message also builds the model
    files: set[str] = set()
    sys.setprofile(lambda frame, *_: files.add(Path(frame.f_code.co_filename).name))
    try:
        EmailMessage(**fields)
    finally:
        sys.setprofile(None)
    return files
