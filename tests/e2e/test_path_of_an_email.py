"""The path of an email: API or queue, send function, SES, its events, and the state in the API."""

from __future__ import annotations

import base64
import json
import time
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from amsdal_mail import Attachment, EmailMessage, EmailRequest, SendState
from local.stack.api_client import signed_headers
from tests.e2e.service import Service, kinds, message, to

FINAL = {
    "success+1": ("delivered", ["send", "delivery"]),
    "bounce+1": ("bounced", ["send", "bounce"]),
    "complaint+1": ("complained", ["send", "delivery", "complaint"]),
    "ooto+1": ("delivered", ["send", "delivery", "bounce"]),
}


@pytest.mark.parametrize(("mailbox", "end"), FINAL.items(), ids=FINAL)
def test_email_by_api_is_sent_in_the_call_and_delivered(
    service: Service, mailbox: str, end: tuple[str, list[str]]
) -> None:
    response = service.post("/emails", message(to(mailbox)))

    assert response.status == 200, response
    assert response.content["state"] == "accepted"
    state, events = end
    email = service.wait_for(
        response.content["email_id"],
        lambda email: email["state"] == state and len(email["timeline"]) == len(events),
    )
    assert sorted(kinds(email)) == sorted(events)
    assert email["recipients"][0]["message_id"] == response.content["message_id"]


def test_email_by_queue_is_found_by_the_id_of_the_library(service: Service) -> None:
    sent = EmailMessage(**message(to("success+queue"), metadata={"order id": "1/2"}))

    status = service.queue().send_messages([sent])

    assert {recipient.state for recipient in status.recipients.values()} == {SendState.QUEUED}
    email = service.wait_for_state(str(status.message_id), "delivered")
    assert email["email"]["metadata"] == {"order id": "1/2"}


async def test_email_by_async_queue_arrives_too(service: Service) -> None:
    status = await service.queue().asend_messages([EmailMessage(**message())])

    service.wait_for_state(str(status.message_id), "delivered")


def test_attachments_and_headers_arrive_byte_for_byte(service: Service) -> None:
    logo = bytes(range(256))
    sent = EmailMessage(
        **message(
            html_body='<img src="cid:logo">',
            headers={"X-Entity-Ref": "1234"},
            reply_to=["help@example.com"],
            attachments=[
                Attachment("logo.png", logo, "image/png", "logo"),
                Attachment("Größe.txt", "Größe".encode(), "text/plain"),
            ],
        )
    )

    response = service.post("/emails", sent.to_json())

    (accepted,) = service.sent_by_ses(response.content["email_id"])
    raw = httpx.get(f"{service.aws.ses_url}/_local/messages/{accepted['id']}/raw").content
    mime = message_from_bytes(raw, policy=default)
    parts = {part.get_filename(): part.get_payload(decode=True) for part in mime.walk()}
    assert parts["logo.png"] == logo
    assert parts["Größe.txt"] == "Größe".encode()
    assert mime["X-Entity-Ref"] == "1234"
    assert mime["Reply-To"] == "help@example.com"


def test_merge_data_gives_each_recipient_a_message_of_their_own(service: Service) -> None:
    anna, ben = to("success+anna"), to("bounce+ben")
    sent = message(
        anna, ben, subject="Hi {{name}}", body="{{name}}, {{plan}}",
        merge_data={anna: {"name": "A"}, ben: {"name": "B"}}, merge_global_data={"plan": "Pro"},
    )  # fmt: skip

    response = service.post("/emails", sent)

    email = service.wait_for(
        response.content["email_id"],
        lambda email: {row["state"] for row in email["recipients"]} == {"delivered", "bounced"},
    )
    assert email["state"] == "bounced"
    assert len({row["message_id"] for row in email["recipients"]}) == 2


def test_missing_variable_is_accepted_and_rejected_later(service: Service) -> None:
    template = f"welcome-{uuid4().hex}"
    content = {"Subject": "Hi {{name}}", "Text": "{{name}}"}
    ses = service.aws.client("sesv2")
    ses.create_email_template(TemplateName=template, TemplateContent=content)

    response = service.post("/emails", message(template_id=template, merge_data={}))

    email = service.wait_for_state(response.content["email_id"], "rejected")
    assert "rendering_failure" in kinds(email)


def test_same_idempotency_key_sends_once_with_the_same_response(service: Service) -> None:
    key = f"order-{uuid4().hex}"

    responses = [
        service.post("/emails", message(), headers={"Idempotency-Key": key}) for _ in range(3)
    ]

    assert [response.status for response in responses] == [200, 200, 200]
    assert len({json.dumps(response.content, sort_keys=True) for response in responses}) == 1
    assert len(service.sent_by_ses(key)) == 1


def test_same_key_with_another_body_is_a_conflict(service: Service) -> None:
    key = f"order-{uuid4().hex}"
    service.post("/emails", message(), headers={"Idempotency-Key": key})

    response = service.post("/emails", message(body="Another."), headers={"Idempotency-Key": key})

    assert response.status == 409
    assert len(service.sent_by_ses(key)) == 1


def test_record_delivered_twice_sends_once(service: Service) -> None:
    request = EmailRequest.from_message(EmailMessage(**message()), f"order-{uuid4().hex}")

    service.queue().send_messages([request, request])
    status = service.queue().send_messages([EmailMessage(**message(to("success+after")))])

    service.wait_for_state(str(request.idempotency_key), "delivered")
    service.wait_for_state(str(status.message_id), "delivered")
    assert len(service.sent_by_ses(str(request.idempotency_key))) == 1


def test_asked_to_be_asynchronous_the_api_queues(service: Service) -> None:
    response = service.post("/emails", message(), headers={"Prefer": "respond-async"})

    assert response.status == 202
    assert response.content["state"] == "queued"
    service.wait_for_state(response.content["email_id"], "delivered")


def test_120_recipients_are_sent_in_chunks_of_a_single_email(service: Service) -> None:
    addresses = [to(f"success+{n}") for n in range(119)] + [to("bounce+120")]

    response = service.post(
        "/emails", message(*addresses, body="{{x}}", merge_data={}, merge_global_data={"x": 1})
    )

    assert response.status == 202
    email = service.wait_for(
        response.content["email_id"],
        lambda email: email["counts"] == {"delivered": 119, "bounced": 1},
    )
    assert len(email["recipients"]) == 120
    assert len(service.sent_by_ses(response.content["email_id"])) == 120


def test_bounced_address_is_suppressed_the_next_time(service: Service) -> None:
    address = to(f"bounce+{uuid4().hex}")
    first = service.post("/emails", message(address))
    service.wait_for_state(first.content["email_id"], "bounced")

    second = service.post("/emails", message(address))

    assert second.content["state"] == "suppressed"
    assert service.sent_by_ses(second.content["email_id"]) == []


def test_batch_response_has_a_result_for_each_entry(service: Service) -> None:
    batch = {"emails": [message(), message("not an address"), message(to("success+3"))]}

    response = service.post("/emails/batch", batch)

    first, second, third = response.content["emails"]
    assert (first["status"], second["status"], third["status"]) == (200, 422, 200)
    assert second["detail"][0]["field"] == "to[0]"
    service.wait_for_state(third["email_id"], "delivered")


REFUSED: dict[str, tuple[str, Any, dict[str, str], int, str]] = {
    "malformed JSON": ("/emails", "{", {}, 400, "JSON"),
    "not JSON at all": ("/emails", "to=a", {"content-type": "text/plain"}, 415, "json"),
    "broken rule": ("/emails", message("x"), {}, 422, "to[0]"),
    "unknown field": ("/emails", message(bdy="x"), {}, 422, "bdy"),
    "bad key": ("/emails", message(), {"Idempotency-Key": "a/b"}, 422, "dempotency"),
    "too many": ("/emails/batch", {"emails": [message()] * 101}, {}, 422, "100"),
    "no batch": ("/emails/batch", [message()], {}, 422, "emails"),
    "unknown route": ("/mails", message(), {}, 404, ""),
}


@pytest.mark.parametrize(("path", "body", "headers", "code", "text"), REFUSED.values(), ids=REFUSED)
def test_bad_request_is_refused_in_json_and_named(
    service: Service, path: str, body: Any, headers: dict[str, str], code: int, text: str
) -> None:
    response = service.post(path, body, headers)

    assert response.status == code, response
    assert text in json.dumps(response.content)


def test_unknown_email_is_404(service: Service) -> None:
    assert service.get("/emails/unknown").status == 404


def test_unsigned_call_is_refused(service: Service) -> None:
    response = httpx.post(f"{service.aws.api_url}/emails", json=message())

    assert response.status_code == 403


def test_invalid_record_is_kept_as_rejected_and_poisons_nothing(service: Service) -> None:
    queue, url = service.aws.client("sqs"), service.aws.outputs["SendQueueUrl"]

    bad = queue.send_message(QueueUrl=url, MessageBody=json.dumps(message("x")))["MessageId"]
    ugly = queue.send_message(QueueUrl=url, MessageBody="{")["MessageId"]

    assert service.wait_for_state(bad, "rejected")["email"]["errors"][0]["field"] == "to[0]"
    service.wait_for_state(ugly, "rejected")
    assert service.depth("SendDeadLetterQueueUrl") == 0


def test_openapi_document_names_the_contract(service: Service) -> None:
    document = service.get("/openapi.json").content

    operation = document["paths"]["/emails"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    request = document["components"]["schemas"][schema.rpartition("/")[2]]
    assert {"from_email", "to", "merge_data", "idempotency_key"} <= set(request["properties"])


def test_docs_page_is_html(service: Service) -> None:
    url = f"{service.aws.api_url}/docs"

    page = httpx.get(url, headers=signed_headers("GET", url, None, {}))

    assert page.status_code == 200
    assert "swagger" in page.text.lower()


def test_logs_hold_no_subject_body_or_address(service: Service) -> None:
    secret = uuid4().hex
    address = to(f"success+{secret}")
    content = base64.b64encode(secret.encode()).decode()
    sent = message(
        address, subject=secret, body=secret, metadata={"note": secret},
        attachments=[{"filename": f"{secret}.txt", "content": content, "mimetype": "text/plain"}],
    )  # fmt: skip
    response = service.post("/emails", sent)
    service.wait_for_state(response.content["email_id"], "delivered")
    service.post("/emails", message(secret))

    time.sleep(1)
    lines = service.log_lines()
    assert any(response.content["email_id"] in line for line in lines)
    assert [line for line in lines if secret in line] == []


@pytest.mark.parametrize("label", ["", "#?/%25&+='`~"], ids=["plain", "with each character"])
def test_address_gets_mail_again_after_its_removal_from_the_list(
    service: Service, label: str
) -> None:
    address = to(f"bounce+{uuid4().hex}{label}")
    first = service.post("/emails", message(address))
    service.wait_for_state(first.content["email_id"], "bounced")
    service.aws.client("sesv2").put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")

    seen = service.get(f"/suppressions?address={quote(address, safe='')}")
    removed = service.delete(f"/suppressions?address={quote(address, safe='')}")
    second = service.post("/emails", message(address))

    assert (seen.content["ours"]["reason"], seen.content["ses"]["reason"]) == ("bounce", "BOUNCE")
    assert removed.status == 204
    assert second.content["state"] == "accepted"
    assert service.get("/suppressions?address=nobody%40example.com").status == 404


def test_attributes_of_a_producer_change_nothing(service: Service) -> None:
    text = {"DataType": "String", "StringValue": "x"}
    attributes: dict[str, Any] = {
        "binary": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "number": {"DataType": "Number", "StringValue": "7"},
        "traceparent": text,
        "email_id": text,
        "fingerprint": text,
        "retry_count": text,
        "original_message_id": text,
        "a": text,
        "b": text,
        "c": text,
    }
    keys = [f"attributes-{uuid4().hex}" for _ in range(2)]
    for key in keys:
        service.aws.client("sqs").send_message(
            QueueUrl=service.aws.outputs["SendQueueUrl"],
            MessageBody=json.dumps(message(to("success"), idempotency_key=key)),
            MessageAttributes=attributes,
        )

    for key in keys:
        service.wait_for_state(key, "delivered")
