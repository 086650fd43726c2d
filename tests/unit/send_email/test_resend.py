"""POST /emails/{email_id}/resend sends the kept message again, under a new id."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from amsdal_mail.status import RetryHint, SendState
from email_store.memory import MemoryEmailStore
from email_store.records import RecipientRecord, Suppression
from email_store.states import EmailState
from send_email.queue.envelope import read_job, write_job
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api, ApiResponse
from tests.unit.send_email.bodies import ANNA, BEN, email, merged
from tests.unit.send_email.fake_s3 import CONTENT_BUCKET, FakeS3
from tests.unit.send_email.fakes import NOW, Clock, FakeSES, ListQueue
from tests.unit.send_email.jobs import CARL
from tests.unit.send_email.kept_world import (
    DAYS,
    FILE,
    kept,
    kept_document,
    kept_record,
    schedules,
    seconds,
    service,
)

__all__ = ["kept", "schedules", "seconds", "service"]

KEY = {"Idempotency_Key": "k"}
REPORT = {"filename": "r.pdf", "mimetype": "application/pdf", "s3_uri": "s3://reports/11.pdf"}
GREETING = {"body": "Hi {{name}}"}


def resend(api: Api, body: Any = None, key: str | None = "again", **headers: str) -> ApiResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        named["Idempotency-Key"] = key
    return api("POST", "/emails/k/resend", {} if body is None else body, named)


def ended(store: MemoryEmailStore, address: str, state: EmailState) -> None:
    """Let SES report a state of a recipient of the original."""
    recipient = RecipientRecord(email_id="k", address=address, state=state, at=NOW, message_id="1")
    store.advance_recipient(recipient, now=NOW)


def test_message_is_sent_again_under_a_new_id(
    api: Api, ses: FakeSES, store: MemoryEmailStore
) -> None:
    api.post(email(cc=[BEN], tags=["order"]), **KEY)

    response = resend(api, key=None)

    new_id = response.content["email_id"]
    assert (response.status, response.content["resent_from"]) == (200, "k")
    assert response.content["state"] == "accepted"
    assert new_id != "k"
    assert ses.sent[1] == ses.sent[0]
    assert ses.tags[1] == {"email_id": new_id}
    shown = api("GET", f"/emails/{new_id}").content["email"]
    assert (shown["resent_from"], shown["has_content"]) == ("k", True)
    assert api("GET", "/emails/k").content["email"]["resent_from"] is None


@pytest.mark.parametrize("headers", [{}, {"content_type": "text/plain"}])
def test_body_may_be_missing(api: Api, headers: dict[str, str]) -> None:
    api.post(email(), **KEY)

    assert resend(api, "", **headers).status == 200


def test_same_key_sends_once(api: Api, ses: FakeSES) -> None:
    api.post(email(), **KEY)

    first, second = resend(api), resend(api)

    assert (first.status, second.status) == (200, 200)
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    assert len(ses.sent) == 2


def test_same_key_with_another_body_conflicts(api: Api, ses: FakeSES) -> None:
    api.post(email(), **KEY)
    resend(api)

    other = resend(api, {"to": [BEN]})
    original = resend(api, key="k")

    assert (other.status, original.status) == (409, 409)
    assert other.content["message"] == "This key belongs to another request."
    assert len(ses.sent) == 2


def test_key_of_a_resend_is_not_that_of_a_new_email(api: Api) -> None:
    api.post(email(), **KEY)
    resend(api)

    assert api.post(email(), Idempotency_Key="again").status == 409


def test_replay_needs_no_message_any_more(api: Api, clock: Clock, s3: FakeS3) -> None:
    api.post(email(), **KEY)
    first = resend(api)
    clock.forward(DAYS * 86_400)
    s3.objects.clear()

    assert resend(api).content == first.content


def test_new_recipients_replace_all_others(api: Api, ses: FakeSES) -> None:
    api.post(email(cc=[BEN], bcc=[CARL], headers={"X-Order": "1"}), **KEY)

    response = resend(api, {"to": ["Dora <dora@example.org>"]})

    assert response.status == 200
    assert ses.addresses[1] == ["dora@example.org"]
    assert ses.sent[1].headers == {"X-Order": "1"}


def test_recipient_of_the_original_keeps_the_merge_data(api: Api, ses: FakeSES) -> None:
    people = {ANNA: {"name": "Anna"}, BEN: {"name": "Ben"}}
    api.post(email(**GREETING, to=list(people), merge_data=people, cc=[CARL]), **KEY)

    assert resend(api, {"to": [BEN]}).status == 200

    assert ses.addresses[1] == [BEN]
    assert ses.sent[1].merge_data == {BEN: {"name": "Ben"}}


def test_message_to_one_person_goes_to_the_corrected_address(api: Api, ses: FakeSES) -> None:
    api.post(email(**GREETING, merge_data={ANNA: {"name": "Anna"}}), **KEY)

    assert resend(api, {"to": ["anna@example.org"]}).status == 200

    assert ses.sent[1].merge_data == {"anna@example.org": {"name": "Anna"}}


def test_recipient_without_merge_data_is_refused(api: Api, ses: FakeSES) -> None:
    people = {ANNA: {"name": "Anna"}, BEN: {"name": "Ben"}}
    api.post(email(**GREETING, to=list(people), merge_data=people), **KEY)

    response = resend(api, {"to": [CARL]})

    assert response.status == 422
    assert "name" in str(response.content["detail"])
    assert len(ses.sent) == 1


@pytest.mark.parametrize("state", ["failed", "rejected", "suppressed", "expired", "canceled"])
@pytest.mark.parametrize("reported", ["bounced", "soft_bounced"])
def test_only_those_who_failed_get_it_again(
    api: Api, ses: FakeSES, store: MemoryEmailStore, state: str, reported: str
) -> None:
    people = [ANNA, BEN, CARL, "dora@example.com"]
    ses.respond(BEN, SendState(state))
    api.post(merged(*people), **KEY)
    ses.results.clear()
    ended(store, CARL, EmailState(reported))
    ended(store, "dora@example.com", EmailState.COMPLAINED)

    assert resend(api, {"only_failed": True}).status == 200

    assert ses.addresses[1] == [BEN, CARL]
    assert set(ses.sent[1].merge_data or {}) == {BEN, CARL}


def test_recipient_of_a_lost_response_did_not_fail(api: Api, ses: FakeSES) -> None:
    ses.respond(ANNA, SendState.UNKNOWN)
    api.post(email(), **KEY)

    response = resend(api, {"only_failed": True})

    assert response.status == 409
    assert response.content["message"].startswith("No recipient of the email failed")


def test_copy_alone_cannot_be_sent_again(api: Api, store: MemoryEmailStore) -> None:
    api.post(merged(ANNA) | {"cc": [BEN]}, **KEY)
    ended(store, BEN, EmailState.BOUNCED)

    response = resend(api, {"only_failed": True})

    assert response.status == 409
    assert response.content["message"].startswith("Only copies (cc, bcc)")


def test_copy_of_a_plain_email_gets_it_alone(
    api: Api, ses: FakeSES, store: MemoryEmailStore
) -> None:
    api.post(email(cc=[BEN]), **KEY)
    ended(store, BEN, EmailState.BOUNCED)

    assert resend(api, {"only_failed": True}).status == 200
    assert api("POST", "/emails/again/resend", {}).status == 200

    assert ses.addresses[1:] == [[BEN], [BEN]]


def test_repeated_request_is_the_same_when_more_have_failed(
    api: Api, ses: FakeSES, store: MemoryEmailStore
) -> None:
    api.post(merged(ANNA, BEN), **KEY)
    ended(store, ANNA, EmailState.BOUNCED)
    first = resend(api, {"only_failed": True})
    ended(store, BEN, EmailState.BOUNCED)

    assert resend(api, {"only_failed": True}).content == first.content
    assert ses.addresses[1:] == [[ANNA]]


def test_request_that_crashed_goes_on_with_its_recipients(
    api: Api, ses: FakeSES, store: MemoryEmailStore, clock: Clock
) -> None:
    api.post(merged(ANNA, BEN), **KEY)
    ended(store, ANNA, EmailState.SOFT_BOUNCED)
    ses.raises = [RuntimeError("a bug, after which the lease stays")]
    assert resend(api, {"only_failed": True}).status == 500
    ended(store, ANNA, EmailState.DELIVERED)
    ended(store, BEN, EmailState.BOUNCED)
    busy = resend(api, {"only_failed": True})
    clock.forward(1000)

    done = resend(api, {"only_failed": True})

    assert (busy.status, done.status) == (409, 200)
    assert "retry-after" in busy.headers
    assert ses.addresses[1:] == [[ANNA]]


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"scope": "x/mail:send"}, 403),
        ({}, 403),
        ({"scope": "x/mail:send x/mail:content"}, 200),
        ({"scp": "[x/mail:content x/mail:send]"}, 200),
        ({"scope": "x/mail:send mail:content"}, 403),
        ({"scope": "x/mail:send prod/x/mail:content"}, 403),
    ],
)
def test_token_must_let_its_owner_look_in_to_send_to_others(
    api: Api, claims: dict[str, str], status: int
) -> None:
    """Otherwise a caller could send any email to an own address, and read it there."""
    api.post(email(cc=[BEN]), **KEY)
    caller = Api(api.handle, claims=claims)

    assert resend(caller, {"to": ["me@example.org"]}).status == status
    assert resend(caller, {"to": [BEN]}, key="known").status == 200
    assert resend(caller, key="all").status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "(body)"),
        ("null", "(body)"),
        ({"cc": [ANNA]}, "(body)"),
        ({"to": ANNA}, "to"),
        ({"to": []}, "to"),
        ({"to": [1]}, "to"),
        ({"to": [ANNA, "no address"]}, "to[1]"),
        ({"to": ["a\n@example.com"]}, "to[0]"),
        ({"to": [f"{'x' * 100_000}@example.com"]}, "to[0]"),
        ({"to": [f"p{number}@example.com" for number in range(51)]}, "to"),
        ({"only_failed": "yes"}, "only_failed"),
        ({"only_failed": 1}, "only_failed"),
        ({"only_failed": True, "to": [ANNA]}, "to"),
    ],
)
def test_invalid_body_names_its_field(api: Api, ses: FakeSES, body: Any, field: str) -> None:
    api.post(email(), **KEY)

    response = resend(api, body)

    assert response.status == 422, response
    assert field in [error["field"] for error in response.content["detail"]]
    assert len(ses.sent) == 1


def test_malformed_body_and_key_are_refused(api: Api) -> None:
    api.post(email(), **KEY)

    assert resend(api, "{").status == 400
    assert resend(api, "{}", content_type="text/plain").status == 415
    assert resend(api, key="a key").status == 422


@pytest.mark.parametrize("email_id", ["other", "a%2Fb", "x" * 500])
def test_unknown_email_is_not_found(api: Api, email_id: str) -> None:
    assert api("POST", f"/emails/{email_id}/resend", {}).status == 404


def test_sensitive_email_is_refused(api: Api) -> None:
    api.post(email(sensitive=True), **KEY)

    response = resend(api)

    assert response.status == 409
    assert response.content["message"] == "The email is sensitive. Its message is never kept."


def test_expired_message_is_refused(api: Api, clock: Clock, ses: FakeSES) -> None:
    api.post(email(), **KEY)
    clock.forward(DAYS * 86_400)

    assert resend(api).status == 409
    assert len(ses.sent) == 1


def test_suppression_holds_for_a_resend_too(
    api: Api, ses: FakeSES, store: MemoryEmailStore
) -> None:
    api.post(email(), **KEY)
    store.suppress(Suppression(address=ANNA, reason="bounce", at=NOW))

    response = resend(api)

    assert response.status == 422
    assert response.content["recipients"][0]["state"] == "suppressed"
    assert response.content["resent_from"] == "k"
    assert len(ses.sent) == 1


def test_times_of_the_original_are_not_repeated(
    api: Api, ses: FakeSES, clock: Clock, store: MemoryEmailStore
) -> None:
    api.post(email(expires_in=60), **KEY)
    clock.forward(3600)

    assert resend(api).status == 200

    record = kept_record(store, "again")
    assert (record.send_at, record.expires_at) == (None, None)
    assert len(ses.sent) == 2


def test_scheduled_email_is_only_sent_to_others_before(api: Api, ses: FakeSES) -> None:
    api.post(email(send_at=(NOW + timedelta(days=1)).isoformat()), **KEY)

    to_all, to_me = resend(api), resend(api, {"to": [BEN]})

    assert (to_all.status, to_me.status) == (409, 200)
    assert ses.addresses == [[BEN]]


def test_canceled_email_can_be_sent_after_all(api: Api, ses: FakeSES) -> None:
    api.post(email(send_at=(NOW + timedelta(days=1)).isoformat()), **KEY)
    assert api("POST", "/emails/k/cancel", "").status == 200

    assert resend(api, {"only_failed": True}).status == 200
    assert ses.addresses == [[ANNA]]


def test_stream_of_the_original_stays(
    api: Api, ses: FakeSES, queue: ListQueue, service: SendService
) -> None:
    api.post(email(stream="bulk"), **KEY)
    service.send(queue.jobs[0])

    response = resend(api)

    assert response.status == 202
    assert response.headers["location"] == "/emails/again"
    assert (queue.jobs[1].stream, queue.jobs[1].email_id) == ("bulk", "again")


def test_response_may_come_before_the_email_is_sent(api: Api, queue: ListQueue) -> None:
    api.post(email(), **KEY)

    response = resend(api, Prefer="respond-async")

    assert (response.status, response.content["resent_from"]) == (202, "k")
    assert len(queue.jobs) == 1


def test_files_are_sent_again_from_where_they_are_kept(
    api: Api, ses: FakeSES, s3: FakeS3, store: MemoryEmailStore
) -> None:
    api.post(email(attachments=[FILE]), **KEY)

    assert resend(api).status == 200

    (file,) = ses.sent[1].attachments
    place = (file.s3_uri or "").removeprefix(f"s3://{CONTENT_BUCKET}/")
    assert place.startswith("kept/k/")
    assert s3.objects[CONTENT_BUCKET, place] == b"PDF"
    assert file.content_type == "text/plain; charset=utf-8"
    (copy,) = kept_document(s3, kept_record(store, "again").content_key)["attachments"]
    assert copy["s3_uri"].startswith(f"s3://{CONTENT_BUCKET}/kept/again/")


def test_resend_can_be_sent_again_too(api: Api, ses: FakeSES, s3: FakeS3) -> None:
    api.post(email(attachments=[FILE]), **KEY)
    resend(api)
    for key in s3.keys("kept/k/"):
        del s3.objects[CONTENT_BUCKET, key]

    response = api("POST", "/emails/again/resend", {})

    assert (response.status, response.content["resent_from"]) == (200, "again")
    assert len(ses.sent) == 3


def test_caller_cannot_attach_what_is_kept(api: Api, s3: FakeS3) -> None:
    """It may be of an email that the caller may not look into."""
    api.post(email(attachments=[FILE]), **KEY)
    (place,) = (key for key in s3.keys("kept/k/") if key.endswith("/0"))
    file = FILE | {"s3_uri": f"s3://{CONTENT_BUCKET}/{place}"}
    del file["content"]

    assert api.post(email(attachments=[file]), Idempotency_Key="k2").status == 422


def test_object_of_the_original_stays_pinned(api: Api, ses: FakeSES, s3: FakeS3) -> None:
    version = s3.put("reports", "11.pdf", b"report")
    api.post(email(attachments=[REPORT]), **KEY)
    same = resend(api)
    s3.put("reports", "11.pdf", b"another")
    changed = resend(api, key="changed")
    s3.objects.pop(("reports", "11.pdf"))
    gone = resend(api, key="gone")

    assert ses.sent[1].attachments[0].s3_etag == version
    assert [each.status for each in (same, changed, gone)] == [200, 422, 422]
    assert changed.content["detail"] == [
        {"field": "attachments[0].s3_uri", "rule": "is not the version that s3_etag names"}
    ]
    assert len(ses.sent) == 2


def test_kept_file_that_is_gone_is_named(api: Api, s3: FakeS3) -> None:
    api.post(email(attachments=[FILE]), **KEY)
    for key in s3.keys("kept/k/"):
        if key.endswith("/0"):
            del s3.objects[CONTENT_BUCKET, key]

    response = resend(api)

    assert response.status == 422
    assert response.content["detail"][0]["field"] == "attachments[0].s3_uri"


def test_retry_of_a_resend_finds_its_record(
    api: Api, ses: FakeSES, queue: ListQueue, service: SendService, store: MemoryEmailStore
) -> None:
    api.post(email(), **KEY)
    ses.respond(ANNA, SendState.FAILED, RetryHint.SOON)
    assert resend(api).status == 202
    ses.results.clear()

    body = write_job(queue.jobs[0])
    service.send(read_job("record-1", body, service.contents))

    assert len(ses.sent) == 3
    assert kept_record(store, "again").resent_from == "k"


def test_large_email_goes_again_to_all_who_failed(
    api: Api, ses: FakeSES, queue: ListQueue, service: SendService
) -> None:
    people = [f"p{number}@example.com" for number in range(130)]
    for address in people[60:]:
        ses.respond(address, SendState.REJECTED)
    api.post(merged(*people), **KEY)
    for job in list(queue.jobs):
        service.send(job)
    ses.results.clear()
    queue.entries.clear()

    response = resend(api, {"only_failed": True})

    assert response.status == 202
    assert [address for job in queue.jobs for address in job.addresses] == people[60:]


def test_erased_person_is_nobody_who_failed(
    api: Api, ses: FakeSES, queue: ListQueue, service: SendService
) -> None:
    people = [f"p{number}@example.com" for number in range(60)]
    ses.respond(people[0], SendState.REJECTED)
    api.post(merged(*people), **KEY)
    for job in list(queue.jobs):
        service.send(job)
    assert api("DELETE", f"/recipients?address={people[0]}").status == 200

    response = resend(api, {"only_failed": True})

    assert response.status == 409
    assert response.content["message"].startswith("No recipient of the email failed")
