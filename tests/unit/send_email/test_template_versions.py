"""The version of a template: what is sent, what is recorded, and what a missing one does."""

from __future__ import annotations

import pytest

from amsdal_mail.email_id import TEMPLATE_VERSION_TAG
from amsdal_mail.message.email import EmailMessage
from amsdal_mail.status import (
    ConfigurationError,
    RecipientStatus,
    RetryHint,
    SendState,
    SendStatus,
)
from email_store.memory import MemoryEmailStore
from email_store.records import Suppression, TemplateVersion
from send_email.sending.service import SendService
from tests.unit.send_email.api_client import Api
from tests.unit.send_email.fakes import NOW, FakeSendRate, FakeSES, ListQueue
from tests.unit.send_email.jobs import ANNA, BEN, ID, job_of, merged, plain

NAME = "hello"
FIRST = TemplateVersion("1a2b3c4d", "hello--dev--1a2b3c4d")
SECOND = TemplateVersion("99887766", "hello--dev--99887766")


def version_of(store: MemoryEmailStore) -> str | None:
    view = store.load(ID)
    assert view is not None
    assert view.record is not None
    return view.record.template_version


def refused(code: str, *addresses: str) -> ConfigurationError:
    """The error of the library for a template that SES does not have."""
    results = [
        RecipientStatus(address, SendState.REJECTED, None, code, f"Template {NAME} does not exist")
        for address in addresses
    ]
    return ConfigurationError("no such template", status=SendStatus.from_recipients(results))


def test_template_is_sent_by_its_version(
    service: SendService, store: MemoryEmailStore, ses: FakeSES
) -> None:
    store.templates[NAME] = FIRST

    service.send(merged(ANNA, BEN))

    assert [message.template_id for message in ses.sent] == [FIRST.ses_name]
    assert ses.tags == [{"email_id": ID, TEMPLATE_VERSION_TAG: FIRST.version}]
    assert version_of(store) == FIRST.version


def test_template_without_versions_goes_by_its_name(
    service: SendService, store: MemoryEmailStore, ses: FakeSES
) -> None:
    service.send(merged(ANNA))

    assert [message.template_id for message in ses.sent] == [NAME]
    assert ses.tags == [{"email_id": ID}]
    assert version_of(store) is None


@pytest.mark.parametrize("is_due", [True, False], ids=["note due", "no note due"])
def test_plain_mail_looks_up_no_template(
    service: SendService,
    store: MemoryEmailStore,
    is_due: bool,
    monkeypatch: pytest.MonkeyPatch,
    send_rate: FakeSendRate,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a template was looked up")

    monkeypatch.setattr(store, "suppressed_and_template", fail)
    monkeypatch.setattr(send_rate, "wants_note", lambda: is_due)

    assert service.send(plain(ANNA)).counts == {SendState.ACCEPTED: 1}


@pytest.mark.parametrize("is_due", [True, False])
def test_rate_note_comes_with_the_version_when_due(
    service: SendService,
    store: MemoryEmailStore,
    is_due: bool,
    monkeypatch: pytest.MonkeyPatch,
    send_rate: FakeSendRate,
) -> None:
    store.templates[NAME] = FIRST
    monkeypatch.setattr(send_rate, "wants_note", lambda: is_due)

    service.send(merged(ANNA))

    assert len(send_rate.learned) == is_due


def test_suppressed_recipient_of_a_template_is_left_out(
    service: SendService, store: MemoryEmailStore, ses: FakeSES
) -> None:
    store.templates[NAME] = FIRST
    store.suppress(Suppression(address=BEN, reason="bounce", at=NOW))

    service.send(merged(ANNA, BEN))

    assert ses.addresses == [[ANNA]]


def test_retry_takes_the_version_of_its_time(
    service: SendService, store: MemoryEmailStore, ses: FakeSES, queue: ListQueue
) -> None:
    """After a rollback, what was not sent yet goes out with the good version."""
    store.templates[NAME] = FIRST
    ses.respond(BEN, SendState.FAILED, RetryHint.SOON)
    service.send(merged(ANNA, BEN))
    ses.results.clear()
    store.templates[NAME] = SECOND

    (retry,) = queue.jobs
    assert retry.message.template_id == NAME
    service.send(retry)

    assert [message.template_id for message in ses.sent] == [FIRST.ses_name, SECOND.ses_name]
    assert version_of(store) == SECOND.version


@pytest.mark.parametrize("code", ["NotFoundException", "TEMPLATE_NOT_FOUND"])
def test_missing_version_waits_for_the_operator(
    service: SendService, store: MemoryEmailStore, ses: FakeSES, queue: ListQueue, code: str
) -> None:
    store.templates[NAME] = FIRST
    ses.raises = [refused(code, ANNA)]

    outcome = service.send(merged(ANNA))

    assert outcome.is_misconfigured
    assert outcome.is_queued
    assert version_of(store) is None
    store.templates[NAME] = SECOND
    (retry,) = queue.jobs
    assert service.send(retry).counts == {SendState.ACCEPTED: 1}
    assert version_of(store) == SECOND.version


def test_missing_template_of_the_caller_is_rejected(
    service: SendService, ses: FakeSES, queue: ListQueue
) -> None:
    ses.raises = [refused("NotFoundException", ANNA)]

    outcome = service.send(merged(ANNA))

    assert outcome.counts == {SendState.REJECTED: 1}
    assert not outcome.is_misconfigured
    assert queue.jobs == []


def test_chunks_note_the_version_in_the_email(
    service: SendService, store: MemoryEmailStore, queue: ListQueue
) -> None:
    store.templates[NAME] = FIRST
    service.send(merged(*(f"p{number}@example.com" for number in range(60))))
    assert version_of(store) is None

    for chunk in queue.jobs:
        service.send(chunk)

    assert version_of(store) == FIRST.version


def test_api_shows_the_version(api: Api, service: SendService, store: MemoryEmailStore) -> None:
    store.templates[NAME] = FIRST
    service.send(merged(ANNA))

    email = api("GET", f"/emails/{ID}").content["email"]

    assert (email["template_id"], email["template_version"]) == (NAME, FIRST.version)


def test_fingerprint_does_not_depend_on_the_version(
    service: SendService, store: MemoryEmailStore, ses: FakeSES
) -> None:
    store.templates[NAME] = FIRST
    service.send(merged(ANNA))
    store.templates[NAME] = SECOND

    assert service.send(merged(ANNA)).is_replay
    assert len(ses.sent) == 1


def test_plain_template_message_is_sent_by_its_version(
    service: SendService, store: MemoryEmailStore, ses: FakeSES
) -> None:
    store.templates[NAME] = FIRST
    message = EmailMessage(
        template_id=NAME, from_email="shop@example.com", to=(ANNA,), merge_global_data={"a": "b"}
    )

    service.send(job_of(ID, message))

    assert ses.sent[0].template_id == FIRST.ses_name
