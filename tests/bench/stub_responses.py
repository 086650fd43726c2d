"""The responses of services that accept everything and keep nothing."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

__all__ = ["LARGE_FILE_SIZE", "RESPONSES", "object_etag", "stored_object"]

Json = dict[str, Any]
NUMBERS = count(1)
LARGE_FILE_SIZE = 29 * 1024 * 1024
"""Bytes of a file that makes a message of 40 MB."""


def object_etag(name: str) -> str:
    """Return the ETag of an object of the bucket."""
    return name.ljust(32, "0")


@cache
def stored_object(name: str) -> bytes:
    """Return an object of the bucket: a large file, or a request with that file in its JSON."""
    file = random.Random(1).randbytes(LARGE_FILE_SIZE)
    if name == "file":
        return file
    attachment = {
        "filename": "report.bin",
        "mimetype": "application/octet-stream",
        "content": b64encode(file).decode(),
    }
    request = {
        "subject": "Report",
        "body": "See the file.",
        "from_email": "orders@example.com",
        "to": ["anna@example.com"],
        "attachments": [attachment],
    }
    return json.dumps(request).encode()


def message_id() -> str:
    """Return an id as long as those of SES."""
    return f"0100019b{next(NUMBERS):08x}-52fdfc07-2182-454f-963f-5f0f9a621d72-000000"


def send_email(request: Json) -> Json:
    """Return the message id, which has the id of an email of the service."""
    tags = {tag["Name"]: tag["Value"] for tag in request.get("EmailTags", ())}
    email_id = tags.get("email_id")
    return {"MessageId": f"0100019b-{email_id}-000000" if email_id else message_id()}


def send_bulk_email(request: Json) -> Json:
    entries = request["BulkEmailEntries"]
    return {
        "BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": message_id()} for _ in entries]
    }


def update_item(request: Json) -> Json:
    """Return the item that the update makes of nothing: `SET #a = :set_a`, `+ :one`."""
    values = request["ExpressionAttributeValues"]
    names = request["ExpressionAttributeNames"].values()
    item = {name: values.get(f":set_{name}", {"N": "1"}) for name in names}
    return {"Attributes": {**request["Key"], **item}}


def batch_get_item(request: Json) -> Json:
    return {"Responses": {name: [] for name in request["RequestItems"]}}


def send_message_batch(request: Json) -> Json:
    entries = request["Entries"]
    return {"Successful": [{"Id": entry["Id"], "MessageId": message_id()} for entry in entries]}


def put_events(request: Json) -> Json:
    entries = request["Entries"]
    return {"FailedEntryCount": 0, "Entries": [{"EventId": message_id()} for _ in entries]}


RESPONSES: dict[str, Callable[[Json], Json]] = {
    "outbound-emails": send_email,
    "outbound-bulk-emails": send_bulk_email,
    "UpdateItem": update_item,
    "PutItem": lambda _request: {},
    "BatchGetItem": batch_get_item,
    "SendMessageBatch": send_message_batch,
    "PutEvents": put_events,
}
