"""Erasing: forgets a person, in the store, on SES's suppression list and in the bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from email_store.erasure import Erasure, ToForget
from email_store.person import Person
from email_store.store import EmailStore
from send_email.sending.content_store import ContentMissingError, ContentStore
from send_email.sending.errors import TooLateError, UnknownEmailError
from send_email.sending.recipients import restrict_to
from send_email.sending.scheduled_content import delete_content
from send_email.sending.schedules import Schedules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from email_store.records import EmailRecord
    from send_email.sending.kept_contents import KeptContents

__all__ = ["LONGEST_WAIT", "Erasing", "ForeignList"]

LONGEST_WAIT = 10.0
"""Seconds that a call waits for the second look, so that a caller who repeats it at once is slow.

API Gateway waits 30 seconds for a response:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""


class ForeignList(Protocol):
    """SES's suppression list, which has addresses in clear."""

    def forget(self, address: str) -> int:
        """Remove an address, but hold it back by its hash. Return the number of entries."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """Erases one person by the address. Each call does a part, and may be repeated.

    Raises:
        StoreError, QueueError, ContentStoreError, SESSuppressionError: the same call goes on.
    """

    store: EmailStore
    schedules: Callable[[], Schedules]
    contents: ContentStore
    kept: KeptContents | None
    """None when no messages are kept."""
    ses_list: ForeignList
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]

    def erase(self, address: str) -> Erasure:
        """Erase what one call may. Mail that waits for the person alone is canceled."""
        listed = self.ses_list.forget(address)
        erasure = self._erase(address)
        if erasure.waits_until is not None and not (listed or erasure.has_erased):
            seconds = (erasure.waits_until - self.clock()).total_seconds()
            self.sleep(max(0.0, min(LONGEST_WAIT, seconds)))
            erasure = self._erase(address)
        return erasure.with_suppressions(listed)

    def _erase(self, address: str) -> Erasure:
        person = Person(address)

        def forget(email: ToForget) -> int:
            return self._forget(email, person)

        return self.store.erase(address, now=self.clock(), forget=forget)

    def _forget(self, email: ToForget, person: Person) -> int:
        """Delete what the bucket has of an email. Return 1 if that was something."""
        count = self._forget_kept(email.record, person) if self.kept else 0
        if email.is_only_recipient:
            count += self._cancel(email)
        return min(1, count)

    def _cancel(self, email: ToForget) -> int:
        """Cancel an email that waits, and delete its content."""
        if email.unit.is_waiting:
            try:
                self.schedules().cancel(email.email_id)
            except (TooLateError, UnknownEmailError):
                return 0  # A worker sends it now, and deletes the content afterwards.
            return int(email.unit.content is not None)
        if email.unit.is_canceled and email.unit.content is not None:
            delete_content(self.contents, email.unit.content)
        return 0

    def _forget_kept(self, record: EmailRecord, person: Person) -> int:
        """Delete the kept message. That of a personalized email to many stays, without the person.

        The body of any other email may say something about each of its recipients.
        """
        contents = self.kept
        if contents is None:
            return 0
        if record.chunk_count and record.content_key is not None:
            return self._rewrite(contents, record, record.content_key, person)
        return contents.delete_content(record)

    def _rewrite(
        self, contents: KeptContents, record: EmailRecord, key: str, person: Person
    ) -> int:
        try:
            message = contents.read(key)
        except ContentMissingError:
            return 0
        addresses: Sequence[str] = [each.addr_spec for each in message.recipients]
        others = {address for address in addresses if not person.has_address(address)}
        if len(others) == len(set(addresses)) and not person.is_named_in(message.to_json()):
            return 0
        rest = restrict_to(message, others)
        if rest is None or person.is_named_in(rest.to_json()):
            return contents.delete_content(record)
        contents.rewrite(key, rest)
        return 1
