"""Ends the lease of a claimed unit: with its results, or because they could not be queued."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from email_store.store import StoreError
from send_email.sending.errors import QueueError, ResultNotStoredError

if TYPE_CHECKING:
    from datetime import datetime

    from email_store.claims import Claim, Results
    from email_store.store import EmailStore
    from send_email.sending.job import SendOutcome

__all__ = ["give_back", "release_on_failure", "store_result"]


def store_result(
    store: EmailStore,
    claim: Claim,
    outcome: SendOutcome,
    *,
    is_done: bool,
    held_until: datetime | None = None,
) -> None:
    """Settle the unit when it is done, else release it.

    Raises:
        ResultNotStoredError: the table is unavailable.
    """
    try:
        if is_done:
            store.settle(claim, outcome.results)
        else:
            store.release(claim, outcome.results, held_until=held_until)
    except StoreError as error:
        raise ResultNotStoredError(outcome) from error


def give_back(store: EmailStore, claim: Claim) -> None:
    """Release a unit of which nothing was sent. If that fails, its lease ends by itself."""
    with suppress(StoreError):
        store.release(claim, claim.results)


@contextmanager
def release_on_failure(
    store: EmailStore, claim: Claim, results: Results, held_until: datetime | None = None
) -> Iterator[None]:
    """Release the unit when queueing fails, so that a repeated request need not wait."""
    try:
        yield
    except QueueError:
        store.release(claim, results, held_until=held_until)
        raise
