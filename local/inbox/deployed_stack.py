"""What the deployed stack knows: an email's story from its API, its suppression list."""

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

Json = dict[str, Any]

# A story may still change this long after SES published an event of it; later it is kept.
SETTLING_SECONDS = 8.0
FRESH_SECONDS = 0.7
KEPT_SECONDS = 60.0
_THREADS = 4


class StackAddress(BaseModel):
    """Where the deployed stack is; PUT to /_local/stack once it is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_url: str
    table_name: str
    aws_endpoint: str


@dataclass(frozen=True, slots=True)
class StackEmail:
    """`GET /emails/{email_id}` as answered now; `problem` says why there is none."""

    content: Json | None = None
    problem: str | None = None

    def states(self, addresses: tuple[str, ...]) -> list[str]:
        """The states of those recipients."""
        wanted = {address.lower() for address in addresses}
        rows = (self.content or {}).get("recipients", [])
        return [row["state"] for row in rows if row["address"].lower() in wanted]


@dataclass(frozen=True, slots=True)
class SuppressedAddress:
    """An entry of the stack's own suppression list."""

    address: str
    reason: str
    at: datetime
    email_id: str | None


NO_STACK = StackEmail(problem="No stack is deployed here: SES's own events are shown.")
NOT_FROM_STACK = StackEmail(problem="Not sent through the stack: it has no email_id tag.")


@dataclass(slots=True)
class _Kept:
    version: int
    changed_at: float
    fetched_at: float
    story: StackEmail


class DeployedStack:
    """Asks the API; answers for the list are kept while nothing can have changed them."""

    def __init__(
        self, clock: Callable[[], float], ask: Callable[[str, str], StackEmail] | None = None
    ) -> None:
        self.address: StackAddress | None = None
        self._clock = clock
        self._ask = ask or fetch_from_api
        self._kept: dict[str, _Kept] = {}
        self._threads = CapacityLimiter(_THREADS)

    def connect(self, address: StackAddress) -> None:
        """Use another stack from now on."""
        self.address = address
        self._kept.clear()

    async def fetch_email(self, email_id: str | None) -> StackEmail:
        """The email's story as it is now."""
        if self.address is None:
            return NO_STACK
        if email_id is None:
            return NOT_FROM_STACK
        return await to_thread.run_sync(
            self._ask, self.address.api_url, email_id, limiter=self._threads
        )

    async def email(self, email_id: str | None, version: int) -> StackEmail:
        """The story, perhaps a kept one; `version` grows with each event SES published for it."""
        if email_id is None:
            return NOT_FROM_STACK
        now, kept = self._clock(), self._kept.get(email_id)
        changed_at = kept.changed_at if kept and kept.version == version else now
        if kept is None or self._is_stale(kept, changed_at, now):
            story = await self.fetch_email(email_id)
            kept = self._kept[email_id] = _Kept(version, changed_at, now, story)
        return kept.story

    def _is_stale(self, kept: _Kept, changed_at: float, now: float) -> bool:
        settling = kept.fetched_at - changed_at < SETTLING_SECONDS
        return now - kept.fetched_at > (FRESH_SECONDS if settling else KEPT_SECONDS)

    async def suppressions(self) -> list[SuppressedAddress]:
        """The addresses the stack holds back, newest first; empty without a stack."""
        if self.address is None:
            return []
        return await to_thread.run_sync(_suppressions, self.address, limiter=self._threads)


def fetch_from_api(api_url: str, email_id: str) -> StackEmail:
    """`GET /emails/{email_id}`, signed; a failure becomes the story's problem."""
    try:
        answer = api_client.get(api_url, f"/emails/{quote(email_id, safe='')}")
    except (urllib.error.URLError, OSError, ValueError) as error:
        return StackEmail(problem=f"The stack's API does not answer: {error}")
    if answer.status == HTTPStatus.OK:
        return StackEmail(answer.content)
    if answer.status == HTTPStatus.NOT_FOUND:
        return StackEmail(problem="The stack does not know this email yet.")
    return StackEmail(problem=f"The stack's API answered {answer.status}.")


def _suppressions(address: StackAddress) -> list[SuppressedAddress]:
    table = client("dynamodb", address.aws_endpoint)
    try:
        found = table.scan(
            TableName=address.table_name,
            FilterExpression="sk = :kind",
            ExpressionAttributeValues={":kind": {"S": "SUPPRESSION"}},
        )
    except (BotoCoreError, ClientError):
        return []
    rows = [_suppressed_address(item) for item in found["Items"]]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _suppressed_address(item: Json) -> SuppressedAddress:
    row = {name: value.get("S") for name, value in item.items()}
    at = datetime.fromisoformat(row["at"])
    return SuppressedAddress(row["address"], row["reason"], at, row.get("email_id"))
