"""Requests that are made to be expensive are refused cheaply."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.unit.send_email.api_client import Api, Handle
from tests.unit.send_email.fakes import FakeSES
from tests.unit.send_email.test_records import DONE, batch

ANNA = "anna@example.com"
MIB = 1024 * 1024
EMAIL: dict[str, Any] = {
    "subject": "Hi", "body": "Hello", "from_email": "shop@example.com", "to": [ANNA]
}  # fmt: skip
SECONDS = 2.0
"""CPU seconds."""


def with_attachment(content: str) -> str:
    attachment = {"filename": "a.txt", "content": content, "mimetype": "text/plain"}
    return json.dumps(EMAIL | {"attachments": [attachment]})


BOMBS: dict[str, str] = {
    "lists in lists": "[" * MIB,
    "objects in objects": '{"a":' * (MIB // 5),
    "deep merge data": json.dumps(EMAIL)[:-1] + ',"merge_data":' + '{"a":' * (MIB // 5),
    "no base64": with_attachment("!" * 5 * MIB),
    "a long address": json.dumps(EMAIL | {"to": ["a" * 5 * MIB]}),
    "many addresses": json.dumps(
        EMAIL | {"cc": [f"p{number}@x.example" for number in range(50_000)]}
    ),
    "many tags": json.dumps(EMAIL | {"tags": ["t"] * 500_000}),
    "many fields": json.dumps(EMAIL | {f"x{number}": 1 for number in range(30_000)}),
    "globals for each of many": json.dumps(
        EMAIL
        | {"to": [f"p{number}@x.example" for number in range(50)]}
        | {"merge_data": {}, "merge_global_data": {"a": "\U0001f600" * 60_000}}
    ),
    "a long number": json.dumps(EMAIL)[:-1] + ',"merge_global_data":{"n":' + "9" * MIB + "}}",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_size_bomb_is_cheap_for_the_api(api: Api, ses: FakeSES, body: str) -> None:
    began = time.process_time()
    response = api.post(body)

    assert response.status in {400, 422}
    assert time.process_time() - began < SECONDS
    assert len(json.dumps(response.content)) < 50_000
    assert not ses.sent


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_size_bomb_is_cheap_for_the_queue(handle: Handle, ses: FakeSES, body: str) -> None:
    began = time.process_time()

    assert handle(batch(body[:MIB])) == DONE
    assert time.process_time() - began < SECONDS
    assert not ses.sent
