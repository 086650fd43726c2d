"""The records of the deployed stack: emails from its API, its suppression list."""

from __future__ import annotations

import urllib.error
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from local.stack import api_client
from local.stack.clients import client

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "NOT_FROM_STACK",
    "NO_STACK",
    "DeployedStack",
    "StackAddress",
    "StackEmail",
    "SuppressedAddress",
]

Json = dict[str, Any]

SETTLING_SECONDS = 8.0
"""An email can change for this time after SES published an event of it."""
SETTLING_MAX_AGE_SECONDS = 0.7
SETTLED_MAX_AGE_SECONDS = 60.0
"""The maximum age of a kept email, while it can change and after that."""
THREADS = 4
ERASED = "(erased)"
"""In place of an address that was erased; it still gets no mail."""


class StackAddress(BaseModel):
    """The address of the deployed stack, set by `PUT /_local/stack` after each deployment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: str
    table_name: str
    aws_endpoint: str


@dataclass(frozen=True, slots=True)
class StackEmail:
    """The response of `GET /emails/{email_id}`, or the `problem` why there is none."""

    content: Json | None = None
    problem: str | None = None

    def states(self, addresses: tuple[str, ...]) -> list[str]:
        """Return the states of these recipients."""
        lowered = {address.lower() for address in addresses}
        rows = (self.content or {}).get("recipients", [])
        return [row["state"] for row in rows if row["address"].lower() in lowered]


@dataclass(frozen=True, slots=True)
class SuppressedAddress:
    """An entry of the suppression list of the stack."""

    address: str
    reason: str
    at: datetime
    email_id: str | None


NO_STACK = StackEmail(problem="No stack is deployed. The events are those that SES published.")
NOT_FROM_STACK = StackEmail(problem="The stack did not send this message: it has no email_id tag.")


@dataclass(slots=True)
class _Kept:
    version: int
    changed_at: float
    fetched_at: float
    email: StackEmail


class DeployedStack:
    """The client of the stack. It keeps emails for the list while they cannot change."""

    def __init__(
        self, clock: Callable[[], float], fetch: Callable[[str, str], StackEmail] | None = None
    ) -> None:
        self.address: StackAddress | None = None
        self._clock = clock
        self._fetch = fetch or fetch_from_api
        self._kept: dict[str, _Kept] = {}
        self._threads = CapacityLimiter(THREADS)

    def connect(self, address: StackAddress) -> None:
        """Use the stack at this address from now on."""
        self.address = address
        self._kept.clear()

    async def fetch_email(self, email_id: str | None) -> StackEmail:
        """Return the email as it is now."""
        if self.address is None:
            return NO_STACK
        if email_id is None:
            return NOT_FROM_STACK
        return await to_thread.run_sync(
            self._fetch, self.address.api_url, email_id, limiter=self._threads
        )

    async def email(self, email_id: str | None, version: int) -> StackEmail:
        """Return the email, which may be up to a minute old.

        `version` must grow with each event that SES publishes for the email.
        """
        if email_id is None:
            return NOT_FROM_STACK
        now, kept = self._clock(), self._kept.get(email_id)
        changed_at = kept.changed_at if kept and kept.version == version else now
        if kept is None or self._is_stale(kept, changed_at, now):
            email = await self.fetch_email(email_id)
            kept = self._kept[email_id] = _Kept(version, changed_at, now, email)
        return kept.email

    def _is_stale(self, kept: _Kept, changed_at: float, now: float) -> bool:
        is_settling = kept.fetched_at - changed_at < SETTLING_SECONDS
        max_age = SETTLING_MAX_AGE_SECONDS if is_settling else SETTLED_MAX_AGE_SECONDS
        return now - kept.fetched_at > max_age

    async def suppressions(self) -> list[SuppressedAddress]:
        """Return the suppressed addresses, newest first; none without a stack."""
        if self.address is None:
            return []
        return await to_thread.run_sync(_suppressions, self.address, limiter=self._threads)


def fetch_from_api(api_url: str, email_id: str) -> StackEmail:
    """Call `GET /emails/{email_id}`, signed. An error becomes the `problem` of the email."""
    try:
        response = api_client.get(api_url, f"/emails/{quote(email_id, safe='')}")
    except (urllib.error.URLError, OSError, ValueError) as error:
        return StackEmail(problem=f"The API of the stack did not respond: {error}")
    if response.status == HTTPStatus.OK:
        return StackEmail(response.content)
    if response.status == HTTPStatus.NOT_FOUND:
        return StackEmail(problem="The stack has no record of this email yet.")
    return StackEmail(problem=f"The API of the stack returned {response.status}.")


def _suppressions(address: StackAddress) -> list[SuppressedAddress]:
    # A page ends after 1 MB of the table, whether an item passes the filter or not:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
    pages = (
        client("dynamodb", address.aws_endpoint)
        .get_paginator("scan")
        .paginate(
            TableName=address.table_name,
            FilterExpression="sk = :kind",
            ExpressionAttributeValues={":kind": {"S": "SUPPRESSION"}},
        )
    )
    try:
        rows = [_suppressed_address(item) for page in pages for item in page["Items"]]
    except (BotoCoreError, ClientError):
        return []
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _suppressed_address(item: Json) -> SuppressedAddress:
    row = {name: value.get("S") for name, value in item.items()}
    at = datetime.fromisoformat(row["at"])
    return SuppressedAddress(row.get("address") or ERASED, row["reason"], at, row.get("email_id"))
