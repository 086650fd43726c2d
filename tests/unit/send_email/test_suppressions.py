"""The routes of the suppression lists: the service's and SES's."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from email_store.memory import MemoryEmailStore
from email_store.records import Suppression
from tests.unit.send_email.conftest import NOW, Api, FakeSESList

PATH = "/suppressions/anna@example.com"


@pytest.fixture(autouse=True)
def listed(store: MemoryEmailStore, ses_list: FakeSESList) -> None:
    entry = Suppression(address="Anna@example.com", reason="bounce", at=NOW, email_id="order-1")
    store.suppress(entry)
    ses_list.entries["Anna@example.com"] = "BOUNCE"


def test_address_is_found_in_any_letter_case(api: Api) -> None:
    response = api("GET", PATH)

    assert response.status == 200
    assert response.content == {
        "address": "anna@example.com",
        "ours": {"reason": "bounce", "at": NOW.isoformat(), "email_id": "order-1"},
        "ses": {"reason": "BOUNCE", "at": NOW.isoformat()},
    }


def test_address_only_on_the_list_of_ses_is_found(api: Api, ses_list: FakeSESList) -> None:
    ses_list.entries["ben@example.com"] = "COMPLAINT"

    response = api("GET", "/suppressions/ben%40example.com")

    assert response.content["ours"] is None
    assert response.content["ses"]["reason"] == "COMPLAINT"


def test_removed_address_is_on_neither_list(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    response = api("DELETE", PATH)

    assert response.status == 204
    assert store.suppression("anna@example.com") is None
    assert ses_list.entries == {}
    assert api("DELETE", PATH).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("address", "status"), [("unlisted@example.com", 404), ("no-address", 422), ("a@b@c", 422)]
)
def test_invalid_or_unlisted_address_gets_its_status(
    api: Api, method: str, address: str, status: int
) -> None:
    assert api(method, f"/suppressions/{address}").status == status


def test_our_entry_stays_while_ses_is_unavailable(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    error = {"Error": {"Code": "TooManyRequestsException", "Message": ""}}
    ses_list.raises = [ClientError(error, "DeleteSuppressedDestination")]  # type: ignore[arg-type]

    response = api("DELETE", PATH)

    assert response.status == 503
    assert store.suppression("anna@example.com") is not None
