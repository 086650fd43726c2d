"""The status of a send, collected from the results of its calls."""

from __future__ import annotations

import pytest

from amsdal_mail import ConfigurationError, CredentialsError, SendState
from amsdal_mail.backends.aws.backend import collect_status
from amsdal_mail.backends.aws.flow import CallResult, EntryResult

ACCEPTED = CallResult(SendState.ACCEPTED, message_id="id-1")


def test_entries_of_one_message_make_one_status() -> None:
    rejected = CallResult(SendState.REJECTED, error_code="MessageRejected", error_message="text")

    status = collect_status(
        [
            EntryResult(0, ("a@x.io", "copy@x.io"), ACCEPTED),
            EntryResult(0, ("b@x.io", "copy@x.io"), rejected),
            EntryResult(1, ("a@x.io",), ACCEPTED),
        ]
    )

    first, second = status.messages
    assert {address: status.state for address, status in first.recipients.items()} == {
        "a@x.io": "accepted",
        "copy@x.io": "rejected",
        "b@x.io": "rejected",
    }
    assert first.recipients["b@x.io"].error_message == "text"
    assert list(second.recipients) == ["a@x.io"]
    assert second.is_success


@pytest.mark.parametrize("raised", [ConfigurationError, CredentialsError])
def test_wrong_configuration_is_raised_with_the_whole_status(
    raised: type[ConfigurationError],
) -> None:
    refused = CallResult(
        SendState.FAILED, error_code="AccessDenied", error_message="no", raises=raised
    )
    entries = [EntryResult(0, ("a@x.io",), ACCEPTED), EntryResult(1, ("b@x.io",), refused)]

    with pytest.raises(raised, match=r"^AccessDenied: no$") as caught:
        collect_status(entries)

    assert type(caught.value) is raised
    assert caught.value.status is not None
    assert [message.is_success for message in caught.value.status.messages] == [True, False]
