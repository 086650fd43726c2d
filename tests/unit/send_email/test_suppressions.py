"""Who gets no more mail, on our list and on SES's, and how they get it again."""

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


def test_an_address_is_found_on_both_lists_whatever_its_letter_case(api: Api) -> None:
    answer = api("GET", PATH)

    assert answer.status == 200
    assert answer.content == {
        "address": "anna@example.com",
        "ours": {"reason": "bounce", "at": NOW.isoformat(), "email_id": "order-1"},
        "ses": {"reason": "BOUNCE", "at": NOW.isoformat()},
    }


def test_an_address_that_only_ses_knows_is_found(api: Api, ses_list: FakeSESList) -> None:
    ses_list.entries["ben@example.com"] = "COMPLAINT"

    answer = api("GET", "/suppressions/ben%40example.com")

    assert answer.content["ours"] is None
    assert answer.content["ses"]["reason"] == "COMPLAINT"


def test_a_removed_address_is_on_neither_list(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    answer = api("DELETE", PATH)

    assert answer.status == 204
    assert store.suppression("anna@example.com") is None
    assert ses_list.entries == {}
    assert api("DELETE", PATH).status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    ("address", "status"), [("nobody@example.com", 404), ("nobody", 422), ("a@b@c", 422)]
)
def test_an_address_that_is_none_or_not_listed_is_told(
    api: Api, method: str, address: str, status: int
) -> None:
    assert api(method, f"/suppressions/{address}").status == status


def test_while_ses_does_not_answer_ours_stays(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    error = {"Error": {"Code": "TooManyRequestsException", "Message": ""}}
    ses_list.raises = [ClientError(error, "DeleteSuppressedDestination")]  # type: ignore[arg-type]

    answer = api("DELETE", PATH)

    assert answer.status == 503
    assert store.suppression("anna@example.com") is not None
