"""Each planted fault is found, with a cure, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from amsdal_mail.cli.doctor import CHECKS, Status
from tests.unit.amsdal_mail.cli.doctor.world import World, refused

Plant = Callable[[World], object]


def _identity(**change: Any) -> Plant:
    return lambda world: world.identity.update(change)


def _dkim(**change: Any) -> Plant:
    return lambda world: world.identity["DkimAttributes"].update(change)


def _mail_from(**change: Any) -> Plant:
    return lambda world: world.identity["MailFromAttributes"].update(change)


def _account(**change: Any) -> Plant:
    return lambda world: world.account.update(change)


def _quota(**change: float) -> Plant:
    return lambda world: world.account["SendQuota"].update(change)


def _dns(name: str, *values: str) -> Plant:
    return lambda world: world.zone.update({name: list(values)})


def _answer(service: str, operation: str, answer: Any) -> Plant:
    return lambda world: world.aws[service].update({operation: answer})


def _set(**change: Any) -> Plant:
    return lambda world: world.aws["sesv2"]["get_configuration_set"].update(change)


def _destination(**change: Any) -> Plant:
    def plant(world: World) -> None:
        answer = world.aws["sesv2"]["get_configuration_set_event_destinations"]
        answer["EventDestinations"][0].update(change)

    return plant


def _mapping(**change: Any) -> Plant:
    def plant(world: World) -> None:
        healthy = world.aws["lambda"]["list_event_source_mappings"]

        def changed(**call: Any) -> Any:
            answer = healthy(**call)
            answer["EventSourceMappings"][0].update(change)
            return answer

        world.aws["lambda"]["list_event_source_mappings"] = changed

    return plant


def _messages(queue: str, count: int) -> Plant:
    def attributes(**call: Any) -> Any:
        names = dict.fromkeys(call["AttributeNames"], "0")
        if call["QueueUrl"].endswith(f"/{queue}"):
            names["ApproximateNumberOfMessages"] = str(count)
        return {"Attributes": names}

    return _answer("sqs", "get_queue_attributes", attributes)


def _alarm(**change: Any) -> Plant:
    return lambda world: world.aws["cloudwatch"]["describe_alarms"]["MetricAlarms"][0].update(
        change
    )


def _function(**change: Any) -> Plant:
    def plant(world: World) -> None:
        healthy = world.aws["lambda"]["get_function_configuration"]
        world.aws["lambda"]["get_function_configuration"] = lambda **call: healthy(**call) | change

    return plant


def _metric(name: str, value: float, statistic: str) -> Plant:
    return lambda world: world.set_metric(name, value, statistic)


FAULTS: dict[str, tuple[Plant, str, str, str]] = {
    "unverified_identity": (
        _identity(VerifiedForSendingStatus=False, VerificationStatus="PENDING"),
        "identity", "example.com is not verified (PENDING): SES refuses its mail",
        "aaa._domainkey.example.com CNAME aaa.dkim.amazonses.com",
    ),
    "identity_gone": (
        _answer("sesv2", "get_email_identity", refused("NotFoundException")),
        "identity", "SES in us-east-1 has no identity example.com", "create-email-identity",
    ),
    "dkim_failed": (
        _dkim(Status="FAILED"), "DKIM", "the DKIM status of example.com is FAILED",
        "bbb._domainkey.example.com CNAME bbb.dkim.amazonses.com",
    ),
    "dkim_switched_off": (
        _dkim(SigningEnabled=False), "DKIM", "SES does not sign", "--signing-enabled",
    ),
    "mail_from_failed": (
        _mail_from(MailFromDomainStatus="FAILED"), "MAIL FROM",
        "the status of the MAIL FROM domain mail.example.com is FAILED: SES sends from amazonses",
        "mail.example.com MX 10 feedback-smtp.us-east-1.amazonses.com",
    ),
    "mail_from_rejects": (
        _mail_from(MailFromDomainStatus="PENDING", BehaviorOnMxFailure="REJECT_MESSAGE"),
        "MAIL FROM", "SES rejects all mail", "MX 10 feedback-smtp",
    ),
    "mx_of_another": (
        _dns("mail.example.com MX", "10 mx.example.net."), "MAIL FROM MX",
        "mail.example.com has 10 mx.example.net", "instead: mail.example.com MX 10 feedback-smtp",
    ),
    "mx_beside_another": (
        _dns(
            "mail.example.com MX", "10 feedback-smtp.us-east-1.amazonses.com.", "20 mx.example.net."
        ),
        "MAIL FROM MX", "20 mx.example.net", "instead",
    ),
    "no_spf": (
        _dns("mail.example.com TXT", '"google-site-verification=x"'), "SPF",
        "mail.example.com has no SPF record",
        'mail.example.com TXT "v=spf1 include:amazonses.com ~all"',
    ),
    "spf_without_ses": (
        _dns("mail.example.com TXT", '"v=spf1 include:_spf.google.com -all"'), "SPF",
        "without include:amazonses.com", "instead: mail.example.com TXT",
    ),
    "two_spf_records": (
        _dns("mail.example.com TXT", '"v=spf1 include:amazonses.com ~all"', '"v=spf1 -all"'),
        "SPF", "has 2 SPF records", "instead",
    ),
    "no_dmarc": (
        lambda world: world.zone.pop("_dmarc.example.com TXT"), "DMARC",
        "example.com has no DMARC record", '_dmarc.example.com TXT "v=DMARC1; p=none;"',
    ),
    "broken_dmarc": (
        _dns("_dmarc.example.com TXT", '"v=DMARC1; p=rejcet"'), "DMARC", "is broken", "instead",
    ),
    "two_dmarc_records": (
        _dns("_dmarc.example.com TXT", '"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'),
        "DMARC", "has 2 DMARC records", "leave one",
    ),
    "sandbox": (
        _account(ProductionAccessEnabled=False), "sandbox", "in the SES sandbox",
        "request production access: https://console.aws.amazon.com/ses/",
    ),
    "sending_paused": (
        _account(SendingEnabled=False), "sending", "sending is paused for the account",
        "put-account-sending-attributes --sending-enabled",
    ),
    "account_shut_down": (
        _account(EnforcementStatus="SHUTDOWN"), "sending", "AWS has paused the account", "support",
    ),
    "set_paused": (
        _set(SendingOptions={"SendingEnabled": False}), "sending",
        "paused for the configuration set AmsdalMail-prod",
        "put-configuration-set-sending-options --sending-enabled",
    ),
    "quota_used_up": (
        _quota(SentLast24Hours=50000.0), "quota", "50,000 of 50,000", "request a higher quota",
    ),
    "rate_above_quota": (
        _quota(MaxSendRate=1.0), "send rate",
        "max_send_rate is 14 recipients a second, and the rate of the account is 1: SES throttles",
        "set max_send_rate to 1 at most",
    ),
    "account_under_review": (
        _account(EnforcementStatus="PROBATION"), "reputation", "AWS reviews the account", "find",
    ),
    "bounces_near_a_pause": (
        _metric("Reputation.BounceRate", 0.12, "Average"), "reputation", "bounces 12.00%", "find",
    ),
    "set_gone": (
        _answer("sesv2", "get_configuration_set", refused("NotFoundException")),
        "configuration set", "AmsdalMail-prod is gone", "create-configuration-set",
    ),
    "destination_removed": (
        _answer("sesv2", "get_configuration_set_event_destinations", {}), "event destinations",
        "publishes no events of the kind BOUNCE, COMPLAINT",
        "create-configuration-set-event-destination --configuration-set-name AmsdalMail-prod",
    ),
    "destination_disabled": (
        _destination(Enabled=False), "event destinations", "others of AmsdalMail-prod is disabled",
        "https://console",
    ),
    "bounces_not_published": (
        _destination(MatchingEventTypes=[
            "SEND", "REJECT", "COMPLAINT", "DELIVERY", "RENDERING_FAILURE", "DELIVERY_DELAY",
            "SUBSCRIPTION",
        ]),
        "event destinations", "of the kind BOUNCE:", "MatchingEventTypes=BOUNCE,",
    ),
    "destination_of_another_topic": (
        _destination(SnsDestination={"TopicArn": "arn:aws:sns:us-east-1:1:other"}),
        "event destinations", "publishes no events", "create-configuration-set-event-destination",
    ),
    "subscription_removed": (
        _answer("sns", "list_subscriptions_by_topic", {"Subscriptions": []}), "subscriptions",
        "no subscription leads from events to EventQueueUrl",
        "--notification-endpoint arn:aws:sqs:us-east-1:111122223333:EventQueueUrl",
    ),
    "queue_gone": (
        _answer("sqs", "get_queue_attributes",
                refused("AWS.SimpleQueueService.NonExistentQueue")),
        "queues", "the send queue is gone", "deploy",
    ),
    "dead_letters": (
        _messages("BulkDeadLetterQueueUrl", 3), "dead letters", "dead letters: 3 in bulk",
        "amsdal-mail --region us-east-1 --stage prod dead-letters show bulk",
    ),
    "alarm_rings": (
        _alarm(StateValue="ALARM", AlarmDescription="The oldest message waits"), "alarms",
        "in ALARM: AmsdalMail-prod-AlarmsX (The oldest message waits)", "docs/operating.md",
    ),
    "alarms_deleted": (
        _answer("cloudwatch", "describe_alarms", {"MetricAlarms": []}), "alarms", "has no alarms",
        "deploy",
    ),
    "function_failed": (
        _function(State="Failed", StateReason="no code"), "functions", "send is Failed", "deploy",
    ),
    "event_source_disabled": (
        _mapping(State="Disabled"), "event sources",
        "the event source from SendQueueUrl to send is Disabled",
        "update-event-source-mapping --uuid uuid-SendQueueUrl --enabled",
    ),
    "event_source_removed": (
        _mapping(EventSourceArn="arn:aws:sqs:us-east-1:1:other"), "event sources",
        "send does not read SendQueueUrl", "deploy",
    ),
    "function_stopped": (
        _answer("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 0}),
        "concurrency", "send is stopped", "delete-function-concurrency --function-name send",
    ),
    "schedule_group_gone": (
        _answer("scheduler", "get_schedule_group", refused("ResourceNotFoundException")),
        "schedules", "AmsdalMail-prod is gone", "create-schedule-group",
    ),
    "no_backups": (
        _answer("dynamodb", "describe_continuous_backups", {}), "backups",
        "point-in-time recovery of the table is off", "update-continuous-backups",
    ),
    "stack_failed": (
        _answer("cloudformation", "describe_stacks",
                {"Stacks": [{"StackStatus": "UPDATE_ROLLBACK_FAILED"}]}),
        "stack", "AmsdalMail-prod is UPDATE_ROLLBACK_FAILED", "cdk deploy -c stage=prod",
    ),
    "region_without_ses": (
        _answer("cloudformation", "describe_type", refused("TypeNotFoundException")), "region",
        "us-east-1 has no SES resource types", "another region",
    ),
}  # fmt: skip
CONSEQUENCES = {
    "identity_gone": {"DKIM"},
    "set_gone": {"sending", "suppression"},
    "queue_gone": {"dead letters"},
    "subscription_removed": {"alarms"},
}
"""Other checks that the fault is seen in, beside its own."""
WARNINGS: dict[str, tuple[Plant, str, str]] = {
    "mail_from_missing": (
        _identity(MailFromAttributes={}), "MAIL FROM", "has no MAIL FROM domain",
    ),
    "short_dkim_key": (_dkim(CurrentSigningKeyLength="RSA_1024_BIT"), "DKIM", "1024 bits"),
    "quota_nearly_used": (_quota(SentLast24Hours=45000.0), "quota", "45,000 of 50,000"),
    "tls_optional": (
        _set(DeliveryOptions={"TlsPolicy": "OPTIONAL"}), "configuration set", "without TLS",
    ),
    "no_suppression": (
        _set(SuppressionOptions={"SuppressedReasons": ["BOUNCE"]}), "suppression", "complaint",
    ),
    "complaints_under_review": (
        _metric("Reputation.ComplaintRate", 0.002, "Average"), "reputation", "complaints 0.20%",
    ),
    "old_messages": (
        _metric("ApproximateAgeOfOldestMessage", 7200.0, "Maximum"), "oldest message", "send 2 h",
    ),
    "throttled_functions": (_metric("Throttles", 4.0, "Sum"), "concurrency", "send 4 times"),
    "small_account": (
        _answer("lambda", "get_account_settings",
                {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}),
        "concurrency", "only 10 environments",
    ),
    "unheard_alarms": (_alarm(AlarmActions=[]), "alarms", "notify nobody"),
    "ttl_off": (_answer("dynamodb", "describe_time_to_live", {}), "table", "its TTL is off"),
    "deployment_undone": (
        _answer("cloudformation", "describe_stacks",
                {"Stacks": [{"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}]}),
        "stack", "the last deployment was undone",
    ),
    "messages_of_an_earlier_stack": (
        lambda world: (
            _messages("AmsdalMail-prod-SendQueue4B0C8F5F-New1", 2)(world),
            world.aws["sqs"].update(
                queue_urls=["https://sqs/1/AmsdalMail-prod-SendQueue4B0C8F5F-New1"]
            ),
        ),
        "dead letters", "an earlier stack left messages",
    ),
}  # fmt: skip


def test_healthy_stage_has_no_fault_and_no_warning() -> None:
    findings = World().findings()

    assert list(findings) == list(CHECKS)
    assert {name for name, found in findings.items() if found.status is not Status.OK} == {"code"}


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found_with_its_cure(name: str) -> None:
    plant, check, message, cure = FAULTS[name]
    world = World()
    plant(world)

    findings = world.findings()

    assert findings[check].status is Status.FAIL
    assert message in findings[check].message
    assert cure in findings[check].cure
    others = {key for key, found in findings.items() if found.status in {"fail", "warn"}} - {check}
    assert others == CONSEQUENCES.get(name, set())


@pytest.mark.parametrize("name", WARNINGS)
def test_what_is_worth_a_look_is_a_warning(name: str) -> None:
    plant, check, message = WARNINGS[name]
    world = World()
    plant(world)

    findings = world.findings()

    assert findings[check].status is Status.WARN
    assert message in findings[check].message
    assert findings[check].cure
    assert not [found for found in findings.values() if found.status is Status.FAIL]
