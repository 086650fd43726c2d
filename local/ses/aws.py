"""AWSClient: the calls of the simulator to the local AWS."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import boto3
from anyio import CapacityLimiter, to_thread
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from local.ses.read_cache import ReadCache

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from local.ses.messages import Json

__all__ = [
    "AWSClient",
    "BotoAWSClient",
    "ConfigurationSet",
    "EventDestination",
    "NoAWSClient",
]

T = TypeVar("T")
logger = logging.getLogger(__name__)

DEFAULT_ACCOUNT = "000000000000"
SUBJECT = "Amazon SES Email Event Notification"
THREADS = 8


@dataclass(frozen=True, slots=True)
class EventDestination:
    """An enabled SNS event destination of a configuration set."""

    topic_arn: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfigurationSet:
    """The settings of a configuration set that matter to sending.

    `suppressed_reasons` is None where the set uses the reasons of the account.
    """

    name: str
    sending_enabled: bool = True
    suppressed_reasons: frozenset[str] | None = None
    destinations: tuple[EventDestination, ...] = ()


class AWSClient(Protocol):
    """The calls that the simulator makes. A test passes a fake client."""

    account: str

    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        """Return the set of that name, None if there is not any."""

    async def configuration_set_documents(self, name: str) -> tuple[Json, list[Json]] | None:
        """Return the set and its event destinations as SESv2 shows them, None without the set."""

    async def identities(self) -> Mapping[str, str]:
        """Return the VerificationStatus of each address and domain in the local AWS."""

    async def mail_from(self, identity: str) -> Mapping[str, str]:
        """Return what a stack set for the MAIL FROM domain of an identity; it may be nothing."""

    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        """Publish up to ten events in their order. Raises BotoCoreError or ClientError."""


class NoAWSClient(AWSClient):
    """The client without a local AWS: the given sets exist, and no event is published."""

    def __init__(self, configuration_sets: tuple[str, ...] = ()) -> None:
        self.account = DEFAULT_ACCOUNT
        self._names = configuration_sets

    @override
    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        return ConfigurationSet(name) if name in self._names else None

    @override
    async def configuration_set_documents(self, name: str) -> tuple[Json, list[Json]] | None:
        return ({"ConfigurationSetName": name}, []) if name in self._names else None

    @override
    async def identities(self) -> Mapping[str, str]:
        return {}

    @override
    async def mail_from(self, identity: str) -> Mapping[str, str]:
        return {}

    @override
    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        raise AssertionError(f"no local AWS to publish {texts!r} to {topic_arn}")


class BotoAWSClient(AWSClient):
    """The client of the local AWS at an endpoint: boto3 in a few threads.

    It keeps each configuration set, and the identities, for `keep_seconds`.
    """

    def __init__(
        self, endpoint: str, region: str, clock: Callable[[], float], keep_seconds: float = 2.0
    ) -> None:
        session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the local AWS takes any key
            region_name=region,
        )
        config = Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 1},
            max_pool_connections=THREADS,
        )
        # An explicit endpoint: AWS_ENDPOINT_URL_SESV2 may point back at this very process.
        self._sesv2 = session.client("sesv2", endpoint_url=endpoint, config=config)
        self._sns = session.client("sns", endpoint_url=endpoint, config=config)
        self._threads = CapacityLimiter(THREADS)
        self._sets = ReadCache(self._in_thread(self._read_set), clock, keep_seconds)
        self._identities = ReadCache(self._in_thread(self._read_identities), clock, keep_seconds)
        self.account = _account(session.client("sts", endpoint_url=endpoint, config=config))

    @override
    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        return await self._sets.get(name)

    @override
    async def configuration_set_documents(self, name: str) -> tuple[Json, list[Json]] | None:
        return await to_thread.run_sync(self._read_set_documents, name, limiter=self._threads)

    @override
    async def identities(self) -> Mapping[str, str]:
        return await self._identities.get()

    @override
    async def mail_from(self, identity: str) -> Mapping[str, str]:
        return await to_thread.run_sync(self._read_mail_from, identity, limiter=self._threads)

    @override
    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        await to_thread.run_sync(self._publish, topic_arn, texts, limiter=self._threads)

    def _in_thread(self, read: Callable[[str], T]) -> Callable[[str], Awaitable[T]]:
        async def read_in_thread(key: str) -> T:
            return await to_thread.run_sync(read, key, limiter=self._threads)

        return read_in_thread

    def _publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        response = self._sns.publish_batch(
            TopicArn=topic_arn,
            PublishBatchRequestEntries=[
                {"Id": str(number), "Message": text, "Subject": SUBJECT}
                for number, text in enumerate(texts)
            ],
        )
        if failed := response.get("Failed"):
            # SNS fails single entries. All are published again: events may come twice anyway.
            raise ClientError({"Error": failed[0]}, "PublishBatch")

    def _read_set(self, name: str) -> ConfigurationSet | None:
        found = self._read_set_documents(name)
        if found is None:
            return None
        document, destinations = found
        reasons = document.get("SuppressionOptions", {}).get("SuppressedReasons")
        return ConfigurationSet(
            name,
            document.get("SendingOptions", {}).get("SendingEnabled", True),
            None if reasons is None else frozenset(reasons),
            tuple(_sns_destinations(destinations)),
        )

    def _read_set_documents(self, name: str) -> tuple[Json, list[Json]] | None:
        try:
            document = self._sesv2.get_configuration_set(ConfigurationSetName=name)
            destinations = self._sesv2.get_configuration_set_event_destinations(
                ConfigurationSetName=name
            )
        except self._sesv2.exceptions.NotFoundException:
            return None
        # The local AWS has no figures since a day on which they began anew.
        document.get("ReputationOptions", {}).pop("LastFreshStart", None)
        kept: Json = {key: value for key, value in document.items() if key != "ResponseMetadata"}
        return kept, [dict(row) for row in destinations.get("EventDestinations", [])]

    def _read_mail_from(self, identity: str) -> Mapping[str, str]:
        try:
            response = self._sesv2.get_email_identity(EmailIdentity=identity)
        except self._sesv2.exceptions.NotFoundException:
            return {}
        given = response.get("MailFromAttributes") or {}
        return {key: str(value) for key, value in given.items()}

    def _read_identities(self, _key: str) -> Mapping[str, str]:
        rows = self._sesv2.list_email_identities(PageSize=1000)["EmailIdentities"]
        return {row["IdentityName"]: row["VerificationStatus"] for row in rows}


def _sns_destinations(rows: list[Any]) -> list[EventDestination]:
    return [
        EventDestination(row["SnsDestination"]["TopicArn"], frozenset(row["MatchingEventTypes"]))
        for row in rows
        if row.get("Enabled") and row.get("SnsDestination")
    ]


def _account(sts: Any) -> str:
    try:
        return str(sts.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        logger.warning("STS returned an error; using account %s: %s", DEFAULT_ACCOUNT, error)
        return DEFAULT_ACCOUNT
