"""A batch of SQS records: threads, failures and the response for Lambda."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest

from function_runtime.batch import QueueRecord, process_batch


def record(number: int) -> dict[str, Any]:
    attributes = {"SentTimestamp": "1772442930120"}
    return {"messageId": f"record-{number}", "body": f"body {number}", "attributes": attributes}


def test_only_failed_records_are_in_the_response() -> None:
    def handle(queued: QueueRecord) -> str:
        if queued.message_id in {"record-1", "record-3"}:
            raise LookupError(queued.body)
        return queued.body

    batch = process_batch([record(number) for number in range(5)], handle)

    assert batch.results == ["body 0", "body 2", "body 4"]
    assert [(key, str(error)) for key, error in batch.failures] == [
        ("record-1", "body 1"),
        ("record-3", "body 3"),
    ]
    failures = [{"itemIdentifier": "record-1"}, {"itemIdentifier": "record-3"}]
    assert batch.response == {"batchItemFailures": failures}


def test_records_are_handled_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=10)

    batch = process_batch([record(number) for number in range(3)], lambda _: meeting.wait())

    assert sorted(batch.results) == [0, 1, 2]


def test_batch_without_records_has_an_empty_response() -> None:
    assert process_batch([], lambda _: 1) == ([], [], {"batchItemFailures": []})


def test_time_of_a_record_is_that_of_sqs() -> None:
    batch = process_batch([record(1)], lambda queued: queued.sent_at)

    assert batch.results == [datetime(2026, 3, 2, 9, 15, 30, 120_000, UTC)]


@pytest.mark.parametrize("name", ["body", "attributes"])
def test_record_without_a_part_fails_alone(name: str) -> None:
    incomplete = {key: value for key, value in record(1).items() if key != name}

    batch = process_batch([incomplete, record(2)], lambda queued: (queued.body, queued.sent_at))

    assert batch.response == {"batchItemFailures": [{"itemIdentifier": "record-1"}]}


def test_end_of_the_program_is_not_a_failed_record() -> None:
    def handle(_: QueueRecord) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process_batch([record(1)], handle)
