"""What the set-up lacks raises ConfigurationError; the status says that a retry can help."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from amsdal_mail import ConfigurationError, EmailMessage, RetryHint, SendState, SendStatus
from amsdal_mail.backends.ses import SESBackend

MESSAGE = EmailMessage(subject="s", body="b", from_email="F <f@x.io>", to=["a@y.io"])
UNVERIFIED = "Email address is not verified. The following identities failed the check in region "
Result = tuple[SendState, RetryHint]


def refused(code: str, text: str) -> tuple[bool, Result]:
    """Return whether the send raised, and the result of the recipient."""
    backend = SESBackend(session=boto3.Session("id", "secret", region_name="eu-west-1"))
    with Stubber(backend.client()) as stub:
        stub.add_client_error("send_email", code, text)
        try:
            status, is_raised = backend.send_messages([MESSAGE]), False
        except ConfigurationError as error:
            status, is_raised = error.status or SendStatus({}), True
    (recipient,) = status.recipients.values()
    return is_raised, (recipient.state, recipient.retry)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("MessageRejected", f"{UNVERIFIED}EU-WEST-1: a@y.io, f@x.io"),
        ("MessageRejected", f"{UNVERIFIED}EU-WEST-1: x.io"),
        ("MessageRejected", "Email address is not verified."),
        ("NotFoundException", "Configuration set <X> does not exist."),
        ("BadRequestException", "Configuration set <X> does not exist."),
    ],
)
def test_missing_set_up_raises_and_can_be_retried(code: str, text: str) -> None:
    assert refused(code, text) == (True, (SendState.FAILED, RetryHint.LATER))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("MessageRejected", f"{UNVERIFIED}EU-WEST-1: a@y.io, ff@x.io, f@x.io.net"),
        ("BadRequestException", "Illegal address"),
    ],
)
def test_refused_recipient_or_message_is_rejected(code: str, text: str) -> None:
    assert refused(code, text) == (False, (SendState.REJECTED, RetryHint.NO))
