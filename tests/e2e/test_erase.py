"""A person is erased from the deployed stack, and stays erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

from tests.e2e.service import Service, message, to
from tests.e2e.test_sensitive import everything_in_the_table


def test_erased_person_is_nowhere_in_the_table(service: Service) -> None:
    word, name = uuid4().hex, f"Robert {uuid4().hex}"
    person, other = to(f"bounce+{word}"), to(f"success+{uuid4().hex}")
    alone, both, later = (f"erase-{uuid4().hex}" for _ in range(3))
    mailbox = f"{name} <{person}>"
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    service.post("/emails", message(mailbox, subject=f"Hi {name}", idempotency_key=alone))
    service.post("/emails", message(mailbox, other, idempotency_key=both))
    service.post("/emails", message(mailbox, idempotency_key=later, send_at=tomorrow))
    service.wait_for_state(alone, "bounced")
    before = service.wait_for(both, lambda email: email["counts"] == {"bounced": 1, "delivered": 1})
    path = f"/recipients?address={quote(person.upper())}"

    response = service.delete(path)

    assert response.status == 200, response
    erased = response.content["erased"]
    assert (erased["emails"], erased["recipients"], erased["contents"]) == (3, 3, 3)
    assert erased["events"] > 3
    assert erased["suppressions"] > 0
    table = everything_in_the_table(service)
    assert alone in table
    assert word not in table
    assert name not in table
    assert word not in "\n".join(service.log_lines())
    assert service.get(f"/emails/{later}").content["state"] == "canceled"
    after = service.get(f"/emails/{both}").content
    assert after["counts"] == before["counts"]
    assert [row for row in after["recipients"] if row["address"] == other] == [
        row for row in before["recipients"] if row["address"] == other
    ]
    assert service.post("/emails", message(mailbox, other, idempotency_key=both)).status == 200
    assert word not in everything_in_the_table(service)
    held_back = service.post("/emails", message(person))
    assert held_back.content["recipients"][0]["state"] == "suppressed"


def test_invalid_address_is_named(service: Service) -> None:
    response = service.delete("/recipients?address=nobody")

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["address"]
