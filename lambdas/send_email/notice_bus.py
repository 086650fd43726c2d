"""EventBridgeNotices: publishes notices on the event bus of the stage."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from send_email.sending.errors import QueueError
from send_email.sending.notices import Notice, NoticeBus, NoticeKind

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

__all__ = ["DETAIL_TYPES", "EventBridgeNotices"]

SOURCE = "amsdal_mail"
"""That of the events that SES reports, too: one rule takes both."""
DETAIL_TYPES = {
    NoticeKind.SCHEDULED: "Email Scheduled",
    NoticeKind.CANCELED: "Email Canceled",
    NoticeKind.EXPIRED: "Email Expired",
}


@dataclass(frozen=True, slots=True)
class EventBridgeNotices(NoticeBus):
    """One event bus. It gets each notice at least once: `event_id` identifies a repeated notice."""

    client: Callable[[], EventBridgeClient]
    """Returns the client. It is made for the first notice: most emails make none."""
    name: str

    @override
    def publish(self, notice: Notice) -> None:
        try:
            response = self.client().put_events(
                Entries=[
                    {
                        "EventBusName": self.name,
                        "Source": SOURCE,
                        "DetailType": DETAIL_TYPES[notice.kind],
                        "Detail": json.dumps(_detail(notice)),
                    }
                ]
            )
        except (ClientError, BotoCoreError) as error:
            raise QueueError(f"PutEvents: {error}") from error
        if response["FailedEntryCount"]:
            raise QueueError(f"PutEvents: {response['Entries'][0].get('ErrorCode')}")


def _detail(notice: Notice) -> dict[str, object]:
    return {
        "event_id": notice.event_id,
        "kind": notice.kind.value,
        "email_id": notice.email_id,
        "at": notice.at.isoformat(),
        "send_at": notice.send_at.isoformat() if notice.send_at else None,
        "expires_at": notice.expires_at.isoformat() if notice.expires_at else None,
        "recipient_count": notice.recipient_count,
        "chunk": notice.chunk,
    }
