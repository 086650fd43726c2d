"""The deployed stack finds each email of a person, whatever became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from email_store.address_hashes import AddressHashes
from email_store.dynamodb.store import DynamoDBEmailStore
from email_store.records import Suppression
from tests.e2e.service import Service, message, to


def pages(service: Service, path: str = "/emails", **query: str) -> list[dict[str, Any]]:
    """The rows of all pages."""
    found: list[dict[str, Any]] = []
    while True:
        response = service.get(f"{path}?{urlencode(query)}")
        assert response.status == 200, response
        found += response.content[path.removeprefix("/")]
        if response.content["next_cursor"] is None:
            return found
        query["cursor"] = response.content["next_cursor"]


def suppress(service: Service, address: str) -> None:
    outputs = service.aws.outputs
    secrets = service.aws.client("secretsmanager")
    key = secrets.get_secret_value(SecretId=outputs["SuppressionKeyArn"])["SecretString"]
    store = DynamoDBEmailStore(
        service.aws.client("dynamodb"),
        outputs["TableName"],
        timedelta(days=30),
        AddressHashes(key.encode()),
    )
    store.suppress(Suppression(address=address, reason="bounce", at=datetime.now(UTC)))


def send_each_way(service: Service, person: str, tag: str) -> dict[str, str]:
    """Send an email for each state that a support question is about; return the ids."""
    ids = {name: f"{name}-{tag}" for name in ("delivered", "scheduled", "queued", "suppressed")}

    def send(name: str, *also: str, prefer: str = "", **fields: Any) -> None:
        headers = {"Idempotency-Key": ids[name], "Prefer": prefer}
        response = service.post("/emails", message(person, *also, tags=[tag], **fields), headers)
        assert response.status in {200, 202, 422}, response

    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    send("delivered")
    send("scheduled", to("success"), send_at=tomorrow)
    send("queued", prefer="respond-async")
    ids["rejected"] = service.put_on_queue(message(person, "nobody", tags=[tag]))
    for name, state in (("delivered", "delivered"), ("queued", "delivered"), ("rejected",) * 2):
        service.wait_for_state(ids[name], state)
    suppress(service, person)
    send("suppressed")
    return ids


def test_emails_of_a_person_are_found_by_person_and_by_time(service: Service) -> None:
    person, tag = f"anna.{uuid4().hex}@example.org", uuid4().hex
    start = datetime.now(UTC)
    ids = send_each_way(service, person, tag)

    by_person = pages(service, recipient=person.upper(), limit="2")
    by_time = pages(service, **{"from": start.isoformat()})

    assert {row["email_id"]: row["recipient"]["state"] for row in by_person} == {
        ids["delivered"]: "delivered",
        ids["scheduled"]: "scheduled",
        ids["queued"]: "delivered",
        ids["rejected"]: "rejected",
        ids["suppressed"]: "suppressed",
    }
    times = [row["created_at"] for row in by_person]
    assert times == sorted(times, reverse=True)
    assert set(ids.values()) <= {row["email_id"] for row in by_time}
    filters = {"recipient": person, "tag": tag, "state": "suppressed", "limit": "1"}
    assert [row["email_id"] for row in pages(service, **filters)] == [ids["suppressed"]]
    listed = {row["address"] for row in pages(service, "/suppressions", limit="1")}
    assert person in listed
    assert not any(person in line.lower() for line in service.log_lines())


def test_list_of_ses_is_read(service: Service) -> None:
    address = f"ben.{uuid4().hex}@example.org"
    service.aws.client("sesv2").put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")

    rows = pages(service, "/suppressions", list="ses", limit="1")

    (row,) = [row for row in rows if row["address"] == address]
    assert (row["reason"], row["email_id"]) == ("bounce", None)
    response = service.get("/suppressions?list=ses&cursor=x")
    assert response.status == 422
