"""Attachments that are objects in S3: the backend ses reads them, or says why it cannot."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from amsdal_mail import Attachment, EmailMessage, InvalidMessageError, RetryHint, SendState
from amsdal_mail.backends.aws.flow import CallResult
from amsdal_mail.backends.aws.stored_files import STORED_FILE_ERRORS, read_stored_files
from tests.unit.amsdal_mail.backends.s3_server import S3Stub, etag
from tests.unit.amsdal_mail.backends.servers import Server, accept_mail, send_by, serving, ses

WAYS = ["sync", "async"]
PDF = b"%PDF" * 100
OBJECTS = {"reports/2026/November 1.pdf": PDF, "reports/big": b"\0" * 42_000_000, "denied/x": PDF}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Stub]:
    stub = S3Stub(OBJECTS)
    with serving(stub) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        yield stub


@pytest.fixture
def mail() -> Iterator[Server]:
    with serving(accept_mail) as server:
        yield server


def message(*files: Attachment, **fields: Any) -> EmailMessage:
    basic = {"subject": "Hi", "body": "Hello", "from_email": "shop@example.com", "to": ["a@x.io"]}
    return EmailMessage(**{**basic, "attachments": files, **fields})


@pytest.mark.parametrize("way", WAYS)
async def test_an_object_is_attached_as_it_is(s3: S3Stub, mail: Server, way: str) -> None:
    file = Attachment.from_s3("s3://reports/2026/November 1.pdf", etag=etag(PDF))

    status, _ = await send_by(way, ses(mail.url), [message(Attachment("a", "b", "a/b"), file)])

    sent = json.loads(mail.bodies[0])["Content"]["Simple"]["Attachments"]
    assert status.is_success
    assert [f["FileName"] for f in sent] == ["a", "November 1.pdf"]
    assert (sent[1]["ContentType"], b64decode(sent[1]["RawContent"])) == ("application/pdf", PDF)


REFUSALS = {
    "missing": ("s3://reports/2027.pdf", None, "AttachmentMissing"),
    "changed": ("s3://reports/2026/November 1.pdf", "0" * 32, "AttachmentChanged"),
    "denied": ("s3://denied/x", None, "AttachmentDenied"),
    "too large": ("s3://reports/big", None, "AttachmentsTooLarge"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("uri", "tag", "code"), REFUSALS.values(), ids=REFUSALS)
async def test_only_the_email_with_a_bad_file_is_rejected(
    s3: S3Stub, mail: Server, uri: str, tag: str | None, code: str, way: str
) -> None:
    bad = message(Attachment.from_s3(uri, filename="a.pdf", etag=tag))
    good = message(to=["b@x.io"])

    status, _ = await send_by(way, ses(mail.url), [bad, good])

    refused = status.recipients["a@x.io"]
    assert (refused.state, refused.error_code) == (SendState.REJECTED, code)
    assert refused.error_message == f"attachments[0]: {STORED_FILE_ERRORS[code]}"
    assert status.recipients["b@x.io"].state is SendState.ACCEPTED
    assert len(mail.bodies) == 1


def test_an_upload_is_refused_before_any_call(s3: S3Stub, mail: Server) -> None:
    upload = message(Attachment.from_upload("0" * 32, "a.pdf"))

    with pytest.raises(InvalidMessageError, match=r"attachments\[0\].upload_id: is known to the"):
        ses(mail.url).send_messages([message(), upload])

    assert mail.bodies == []


def test_a_plain_email_makes_no_s3_client(mail: Server) -> None:
    backend = ses(mail.url)

    backend.send_messages([message(Attachment("a", "b", "a/b"))])

    assert backend._s3 is None


class TooLarge:
    """An object over the limit, which must not be read into memory."""

    def __init__(self) -> None:
        self.is_closed = False

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"ContentLength": 41 * 1024 * 1024, "Body": self}

    def close(self) -> None:
        self.is_closed = True


def test_object_over_the_limit_is_not_read() -> None:
    body = TooLarge()
    connection = Mock(client=lambda: body)

    result = read_stored_files(message(Attachment.from_s3("s3://reports/big")), connection)

    assert isinstance(result, CallResult)
    assert (result.error_code, body.is_closed) == ("AttachmentsTooLarge", True)


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "ServiceUnavailable"])
def test_an_outage_of_s3_can_be_retried(code: str) -> None:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    client = Mock(get_object=Mock(side_effect=ClientError(response, "GetObject")))

    result = read_stored_files(
        message(Attachment.from_s3("s3://reports/a")), Mock(client=lambda: client)
    )

    assert isinstance(result, CallResult)
    assert (result.state, result.retry) == (SendState.FAILED, RetryHint.SOON)
    assert (result.error_code, result.is_unsent) == (code, True)
