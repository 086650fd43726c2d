"""The routes of the suppression lists: the service's and SES's."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from amsdal_mail.addresses import parse_address
from email_store.memory import MemoryEmailStore
from email_store.records import Suppression
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.fakes import NOW, FakeSESList

PATH = "/suppressions?address=anna%40example.com"


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

    response = api("GET", "/suppressions?address=ben%40example.com")

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
    ("address", "status"),
    [("unlisted@example.com", 404), ("no-address", 422), ("a@b@c", 422), ("", 422)],
)
def test_invalid_or_unlisted_address_gets_its_status(
    api: Api, method: str, address: str, status: int
) -> None:
    assert api(method, f"/suppressions?address={quote(address)}").status == status


def test_our_entry_stays_while_ses_is_unavailable(
    api: Api, store: MemoryEmailStore, ses_list: FakeSESList
) -> None:
    error = {"Error": {"Code": "TooManyRequestsException", "Message": ""}}
    ses_list.raises = [ClientError(error, "DeleteSuppressedDestination")]  # type: ignore[arg-type]

    response = api("DELETE", PATH)

    assert response.status == 503
    assert store.suppression("anna@example.com") is not None


LOCAL_PARTS = [
    *"#/?%&=+!$'*^_`{|}~-",
    "a%40b",
    "a+b",
    "%2F",
    '"a@b"',
    '"a#/?%b"',
    '"say\\"hi"',
]


@pytest.mark.parametrize("local", LOCAL_PARTS)
def test_address_with_any_character_is_found_and_removed(
    api: Api, store: MemoryEmailStore, local: str
) -> None:
    address = parse_address(f"{local}@example.com").addr_spec
    store.suppress(Suppression(address=address, reason="bounce", at=NOW))
    url = f"/suppressions?address={quote(address, safe='')}"

    seen = api("GET", url)

    assert (seen.status, seen.content["address"]) == (200, address)
    assert api("DELETE", url).status == 204
    assert store.suppression(address) is None


def test_plus_that_is_not_encoded_is_a_plus(api: Api, store: MemoryEmailStore) -> None:
    store.suppress(Suppression(address="a+b@example.com", reason="bounce", at=NOW))

    assert api("GET", "/suppressions?address=a+b@example.com").status == 200


def test_parameter_that_is_not_known_is_named(api: Api) -> None:
    response = api("GET", "/suppressions?adress=a%40example.com")

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["adress"]


def test_address_to_remove_is_required(api: Api) -> None:
    response = api("DELETE", "/suppressions")

    assert response.status == 422
    assert [error["field"] for error in response.content["detail"]] == ["address"]
