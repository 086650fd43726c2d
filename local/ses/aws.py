"""What the simulator asks of the local AWS: configuration sets, identities, publishing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from anyio import CapacityLimiter, to_thread
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

DEFAULT_ACCOUNT = "000000000000"
_SUBJECT = "Amazon SES Email Event Notification"
_THREADS = 8


@dataclass(frozen=True, slots=True)
class EventDestination:
    """An enabled SNS event destination of a configuration set."""

    topic_arn: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConfigurationSet:
    """What sending needs to know of a configuration set.

    `suppressed_reasons` is None where the set leaves suppression to the account.
    """

    name: str
    sending_enabled: bool = True
    suppressed_reasons: frozenset[str] | None = None
    destinations: tuple[EventDestination, ...] = ()


class AWSClient(Protocol):
    """The calls the simulator makes; a test passes a stand-in."""

    account: str

    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        """The set of that name, None if there is none."""

    async def verified_identities(self) -> frozenset[str]:
        """Identities verified in the local AWS, addresses and domains."""

    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        """Publish up to ten events, in their order. Raises BotoCoreError or ClientError."""


class NoAWSClient:
    """Stands in when no local AWS is named: the given sets exist, nothing is published."""

    def __init__(self, configuration_sets: tuple[str, ...] = ()) -> None:
        self.account = DEFAULT_ACCOUNT
        self._names = configuration_sets

    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        """A set without destinations."""
        return ConfigurationSet(name) if name in self._names else None

    async def verified_identities(self) -> frozenset[str]:
        """None."""
        return frozenset()

    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        """No set has a destination, so nothing gets here."""
        raise AssertionError(f"no local AWS to publish {texts!r} to {topic_arn}")


class BotoAWSClient:
    """The local AWS at an endpoint, by boto3 in a few threads; answers are kept `keep_seconds`."""

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
            max_pool_connections=_THREADS,
        )
        # An explicit endpoint: AWS_ENDPOINT_URL_SESV2 may point back at this very process.
        self._sesv2 = session.client("sesv2", endpoint_url=endpoint, config=config)
        self._sns = session.client("sns", endpoint_url=endpoint, config=config)
        self._clock = clock
        self._threads = CapacityLimiter(_THREADS)
        self._keep = keep_seconds
        self._sets: dict[str, tuple[float, ConfigurationSet]] = {}
        self.account = _account(session.client("sts", endpoint_url=endpoint, config=config))

    async def configuration_set(self, name: str) -> ConfigurationSet | None:
        """Asks the local AWS at most every `keep_seconds` for a set that exists."""
        kept = self._sets.get(name)
        if kept and self._clock() - kept[0] < self._keep:
            return kept[1]
        found = await to_thread.run_sync(self._read_set, name, limiter=self._threads)
        if found:
            self._sets[name] = (self._clock(), found)
        return found

    async def verified_identities(self) -> frozenset[str]:
        """Identities the local AWS lists with sending enabled."""
        return await to_thread.run_sync(self._read_identities, limiter=self._threads)

    async def publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        """SNS PublishBatch; the subject is the one SES sets."""
        await to_thread.run_sync(self._publish, topic_arn, texts, limiter=self._threads)

    def _publish(self, topic_arn: str, texts: Sequence[str]) -> None:
        answer = self._sns.publish_batch(
            TopicArn=topic_arn,
            PublishBatchRequestEntries=[
                {"Id": str(number), "Message": text, "Subject": _SUBJECT}
                for number, text in enumerate(texts)
            ],
        )
        if failed := answer.get("Failed"):
            # SNS fails entries singly; all are sent again, for events may come twice anyway.
            raise ClientError({"Error": failed[0]}, "PublishBatch")

    def _read_set(self, name: str) -> ConfigurationSet | None:
        try:
            found = self._sesv2.get_configuration_set(ConfigurationSetName=name)
            destinations = self._sesv2.get_configuration_set_event_destinations(
                ConfigurationSetName=name
            )
        except self._sesv2.exceptions.NotFoundException:
            return None
        reasons = found.get("SuppressionOptions", {}).get("SuppressedReasons")
        return ConfigurationSet(
            name,
            found.get("SendingOptions", {}).get("SendingEnabled", True),
            None if reasons is None else frozenset(reasons),
            tuple(_sns_destinations(destinations.get("EventDestinations", []))),
        )

    def _read_identities(self) -> frozenset[str]:
        pages = self._sesv2.list_email_identities(PageSize=1000)["EmailIdentities"]
        return frozenset(row["IdentityName"] for row in pages if row.get("SendingEnabled", True))


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
        logger.warning("the account number is %s: STS said %s", DEFAULT_ACCOUNT, error)
        return DEFAULT_ACCOUNT
