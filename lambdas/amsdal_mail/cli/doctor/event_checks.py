"""Checks of the way that SES's events take: configuration set, destinations, topics, queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from amsdal_mail.cli.doctor.findings import Finding, fail, ok, warn

if TYPE_CHECKING:
    from amsdal_mail.cli.doctor.facts import Answer, Facts

__all__ = ["configuration_set", "event_destinations", "subscriptions"]

NEEDED = frozenset(
    {
        "SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "DELIVERY_DELAY",
        "SUBSCRIPTION",
    }
)  # fmt: skip
"""The types of events that the states of emails are made of. Opens and clicks are a setting."""
ROUTES = (("EventTopicArn", "EventQueueUrl"), ("EngagementTopicArn", "EngagementQueueUrl"))
PAGE = "https://console.aws.amazon.com/ses/home?region={region}#/configuration-sets/{name}"


def configuration_set(facts: Facts) -> Finding:
    """Check that mail goes out over TLS, and that SES measures the set."""
    names = _sets(facts)
    faults = []
    for name in names:
        try:
            found = _set(facts, name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFoundException":
                raise
            return fail(
                f"the configuration set {name} is gone: SES refuses each email",
                "aws sesv2 create-configuration-set --configuration-set-name"
                f" {name}, then deploy the stage again",
            )
        if (found.get("DeliveryOptions") or {}).get("TlsPolicy") != "REQUIRE":
            faults.append(f"{name} sends without TLS where a server has none")
        if not (found.get("ReputationOptions") or {}).get("ReputationMetricsEnabled"):
            faults.append(f"{name} has no metrics of its reputation")
    if faults:
        return warn("; ".join(faults), _page(facts, names[0]))
    return ok(f"{' and '.join(names)}: TLS is required, the reputation is measured")


def event_destinations(facts: Facts) -> Finding:
    """Check that SES publishes every kind of event that the states of emails come from."""
    topics = [facts.output(topic) for topic, _queue in ROUTES]
    for name in _sets(facts):
        rows = facts.ask(
            "sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name
        ).get("EventDestinations", [])
        ours = [row for row in rows if _topic(row) in topics]
        disabled = [str(row.get("Name")) for row in ours if not row.get("Enabled")]
        if disabled:
            return fail(
                f"the event destination {', '.join(disabled)} of {name} is disabled",
                _page(facts, name),
            )
        published = {kind for row in ours for kind in row.get("MatchingEventTypes", ())}
        if missing := sorted(NEEDED - published):
            return fail(
                f"{name} publishes no events of the kind {', '.join(missing)}: emails stay"
                " accepted, and bounces are not seen",
                _restore(name, topics[0], missing),
            )
    return ok(f"all kinds of events are published for {' and '.join(_sets(facts))}")


def subscriptions(facts: Facts) -> Finding:
    """Check that the topics of events lead to the queues."""
    for topic, queue in ROUTES:
        arn, name = facts.output(topic), facts.output(queue).rpartition("/")[2]
        rows = facts.ask("sns", "list_subscriptions_by_topic", TopicArn=arn).get(
            "Subscriptions", []
        )
        if not any(_is_queue(row, name) for row in rows):
            queue_arn = ":".join([*arn.split(":")[:5], name]).replace(":sns:", ":sqs:")
            return fail(
                f"no subscription leads from {arn.rpartition(':')[2]} to {name}",
                f"aws sns subscribe --topic-arn {arn} --protocol sqs --notification-endpoint"
                f" {queue_arn} --attributes RawMessageDelivery=true",
            )
    return ok("both topics of events lead to their queues")


def _sets(facts: Facts) -> list[str]:
    names = [facts.output("ConfigurationSetName"), facts.variable("EXPIRING_CONFIGURATION_SET")]
    return [name for name in names if name]


def _set(facts: Facts, name: str) -> Answer:
    return facts.ask("sesv2", "get_configuration_set", ConfigurationSetName=name)


def _topic(row: Any) -> str:
    return str((row.get("SnsDestination") or {}).get("TopicArn", ""))


def _restore(name: str, topic: str, kinds: list[str]) -> str:
    destination = (
        f"Enabled=true,MatchingEventTypes={','.join(kinds)},SnsDestination={{TopicArn={topic}}}"
    )
    return (
        f"aws sesv2 create-configuration-set-event-destination --configuration-set-name {name}"
        f" --event-destination-name restored --event-destination '{destination}'"
    )


def _is_queue(row: Any, name: str) -> bool:
    endpoint, arn = str(row.get("Endpoint", "")), str(row.get("SubscriptionArn", ""))
    is_confirmed = arn.startswith("arn:")
    return row.get("Protocol") == "sqs" and endpoint.rpartition(":")[2] == name and is_confirmed


def _page(facts: Facts, name: str) -> str:
    return PAGE.format(region=facts.stage.region, name=name)
