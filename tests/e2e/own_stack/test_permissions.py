"""With IAM enforced: each function's role suffices, and what it does not grant is denied."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from local.chaos.run import SHORT_TIMES
from local.stack.local_aws import LocalAWS
from local.stack.ses_simulator import control
from local.terminal.progress import silent
from tests.e2e.service import Service, message, to

PROBE = """
import boto3
from botocore.exceptions import ClientError

def handle(event, context):
    try:
        getattr(boto3.client(event["service"]), event["call"])(**event["params"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The stack in a local AWS that checks signatures and policies."""
    run_dir = tmp_path_factory.mktemp("strict") / "run"
    with LocalAWS(run_dir, output=silent, settings=SHORT_TIMES, strict=True) as aws:
        allow_batches(aws)
        yield Service(aws)


def allow_batches(aws: LocalAWS) -> None:
    """Grant what MiniStack asks for beyond AWS, where sqs:SendMessage covers SendMessageBatch."""
    role = role_of(aws, "SendFunctionName").rpartition("/")[2]
    grant = {"Effect": "Allow", "Action": "sqs:SendMessageBatch", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    aws.client("iam").put_role_policy(RoleName=role, PolicyName="batch", PolicyDocument=policy)


def role_of(aws: LocalAWS, function: str) -> str:
    found = aws.client("lambda").get_function(FunctionName=aws.outputs[function])
    return str(found["Configuration"]["Role"])


def test_the_roles_suffice_for_the_whole_path_of_an_email(strict: Service) -> None:
    address = to(f"bounce+{uuid4().hex}")
    by_api = strict.post("/emails", message(address))
    by_queue = strict.put_on_queue(message())
    later = strict.post("/emails", message(), {"Prefer": "respond-async"})

    assert (by_api.status, later.status) == (200, 202), (by_api, later)
    strict.wait_for_state(by_api.content["email_id"], "bounced")
    strict.wait_for_state(by_queue, "delivered")
    strict.wait_for_state(later.content["email_id"], "delivered")
    assert strict.get(f"/suppressions?address={quote(address, safe='')}").status == 200
    assert strict.delete(f"/suppressions?address={quote(address, safe='')}").status == 204


def test_the_role_suffices_to_erase_a_person(strict: Service) -> None:
    word = uuid4().hex
    person = to(f"bounce+{word}")
    sent = strict.post("/emails", message(person, to("success")))
    many = [person, *(to(f"success+{number}") for number in range(60))]
    news = strict.post("/emails", message(*many, merge_data={one: {} for one in many}))
    strict.wait_for(sent.content["email_id"], lambda email: "bounced" in email["counts"])
    strict.wait_for(
        news.content["email_id"], lambda email: email["counts"].get("delivered") == 60, 60
    )

    erased = strict.delete(f"/recipients?address={quote(person, safe='')}")

    assert erased.status == 200, erased
    assert erased.content["erased"]["emails"] == 2
    assert word not in str(strict.get(f"/emails/{news.content['email_id']}").content)


def test_the_role_suffices_for_large_content(strict: Service) -> None:
    s3 = strict.aws.client("s3")
    bucket = strict.aws.outputs["ContentBucketName"]
    upload = strict.post("/uploads", {"size": 4, "mimetype": "application/pdf"}).content
    s3.put_object(Bucket=bucket, Key=f"uploads/{upload['upload_id']}", Body=b"%PDF")
    file = {"filename": "a.pdf", "mimetype": "application/pdf", "upload_id": upload["upload_id"]}
    large = message(body="Small print. " * 100_000, attachments=[file])

    later = strict.post("/emails", large, {"Prefer": "respond-async"})
    missing = strict.post("/emails", message(attachments=[file | {"upload_id": "0" * 32}]))

    assert (later.status, missing.status) == (202, 422), (later, missing)
    strict.wait_for_state(later.content["email_id"], "delivered")
    assert s3.list_objects_v2(Bucket=bucket, Prefix="queued/").get("KeyCount") == 0


def test_the_role_suffices_for_the_search(strict: Service) -> None:
    people = [f"{name}.{uuid4().hex}@example.org" for name in ("anna", "ben")]
    sent = strict.post("/emails", message(*people))

    by_recipient = strict.get(f"/emails?recipient={quote(people[1])}")
    by_time = strict.get("/emails?limit=100")
    lists = [strict.get(f"/suppressions?list={name}") for name in ("service", "ses")]

    email_id = sent.content["email_id"]
    assert [row["email_id"] for row in by_recipient.content["emails"]] == [email_id]
    assert email_id in {row["email_id"] for row in by_time.content["emails"]}
    assert [response.status for response in lists] == [200, 200]


def test_the_role_suffices_for_schedules(strict: Service) -> None:
    far = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    email_id = strict.post("/emails", message(send_at=far)).content["email_id"]

    moved = strict.patch(f"/emails/{email_id}", {"send_at": later})
    canceled = strict.post(f"/emails/{email_id}/cancel", "")
    group = strict.aws.outputs["ScheduleGroupName"]
    left = strict.aws.client("scheduler").list_schedules(GroupName=group)

    assert (moved.status, canceled.status) == (200, 200), (moved, canceled)
    assert left["Schedules"] == []


def test_open_and_click_take_a_path_of_their_own(strict: Service) -> None:
    email = strict.post("/emails", message()).content
    strict.wait_for_state(email["email_id"], "delivered")
    (sent,) = strict.sent_by_ses(email["email_id"])
    path = f"messages/{sent['id']}"

    for simulated in ({"kind": "open"}, {"kind": "click", "link": "https://example.com"}):
        control(strict.aws.ses_url, "POST", f"{path}/events", simulated)

    strict.wait_for_state(email["email_id"], "clicked")
    events = control(strict.aws.ses_url, "GET", path)["events"]
    topics = {entry["event"]["eventType"]: entry["topics"] for entry in events}
    event_topic, engagement_topic = (
        [strict.aws.outputs[f"{name}TopicArn"]] for name in ("Event", "Engagement")
    )
    assert topics == {
        "Send": event_topic,
        "Delivery": event_topic,
        "Open": engagement_topic,
        "Click": engagement_topic,
    }


def forbidden(outputs: dict[str, str]) -> dict[str, tuple[str, str, str, dict[str, Any]]]:
    key = {"pk": {"S": "EMAIL#order-1"}, "sk": {"S": "EMAIL"}}
    table, bucket = outputs["TableName"], outputs["ContentBucketName"]
    return {
        "the tracking function puts an email on the send queue": (
            "TrackFunctionName", "sqs", "send_message",
            {"QueueUrl": outputs["SendQueueUrl"], "MessageBody": "{}"},
        ),
        "the tracking function deletes an item": (
            "TrackFunctionName", "dynamodb", "delete_item", {"TableName": table, "Key": key},
        ),
        "the send function reads the whole table": (
            "SendFunctionName", "dynamodb", "scan", {"TableName": table},
        ),
        "the send function reads a whole index": (
            "SendFunctionName", "dynamodb", "scan",
            {"TableName": table, "IndexName": "by_time"},
        ),
        "the tracking function searches": (
            "TrackFunctionName", "dynamodb", "query",
            {
                "TableName": table, "IndexName": "by_time",
                "KeyConditionExpression": "period = :hour",
                "ExpressionAttributeValues": {":hour": {"S": "2026-12-01T10"}},
            },
        ),
        "the send function takes from its dead-letter queue": (
            "SendFunctionName", "sqs", "receive_message",
            {"QueueUrl": outputs["SendDeadLetterQueueUrl"]},
        ),
        "the tracking function reads queued content": (
            "TrackFunctionName", "s3", "get_object", {"Bucket": bucket, "Key": "queued/a"},
        ),
        "the send function deletes a schedule of another group": (
            "SendFunctionName", "scheduler", "delete_schedule",
            {"GroupName": "other", "Name": "a"},
        ),
        "the send function reads below another prefix": (
            "SendFunctionName", "s3", "get_object", {"Bucket": bucket, "Key": "other/a"},
        ),
        "the send function deletes an upload": (
            "SendFunctionName", "s3", "delete_object", {"Bucket": bucket, "Key": "uploads/a"},
        ),
        "the send function reads a bucket that no setting names": (
            "SendFunctionName", "s3", "get_object", {"Bucket": "other", "Key": "a"},
        ),
    }  # fmt: skip


def test_what_a_role_does_not_grant_is_denied(strict: Service) -> None:
    outputs = strict.aws.outputs
    strict.aws.client("s3").create_bucket(Bucket="other")
    found = {
        what: probed(strict, function, service, call, params)
        for what, (function, service, call, params) in forbidden(outputs).items()
    }

    assert {what for what, code in found.items() if not code.startswith("AccessDenied")} == set()
    allowed = {"QueueUrl": outputs["SendQueueUrl"], "MessageBody": "{}"}
    assert probed(strict, "SendFunctionName", "sqs", "send_message", allowed) == "allowed"
    queued = {"Bucket": outputs["ContentBucketName"], "Key": "queued/a", "Body": "a"}
    assert probed(strict, "SendFunctionName", "s3", "put_object", queued) == "allowed"


def probed(strict: Service, function: str, service: str, call: str, params: dict[str, Any]) -> str:
    """Make a call by a function of the test's own that has the same role."""
    client = strict.aws.client("lambda")
    name = f"probe-{uuid4().hex}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("probe.py", PROBE)
    client.create_function(
        FunctionName=name, Runtime="python3.13", Handler="probe.handle", Timeout=20,
        Role=role_of(strict.aws, function), Code={"ZipFile": archive.getvalue()},
    )  # fmt: skip
    event = {"service": service, "call": call, "params": params}
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    return str(json.load(answer["Payload"]))
