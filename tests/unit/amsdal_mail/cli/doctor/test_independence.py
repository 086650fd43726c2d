"""No check can stop another: denied calls, strange responses, calls that hang."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from amsdal_mail.cli.doctor import CHECKS, Status, diagnose
from amsdal_mail.cli.doctor.facts import Facts
from amsdal_mail.cli.doctor.findings import Finding, ok
from amsdal_mail.cli.doctor.run import for_stage, run_checks
from tests.unit.amsdal_mail.cli.doctor.world import World, refused

DENIED = refused(
    "AccessDeniedException",
    "User: x is not authorized to perform: ses:GetAccount on resource: *",
    "GetAccount",
)
OF_THE_ACCOUNT = {"sandbox", "sending", "quota", "send rate", "plan", "reputation"}


def test_denied_call_is_a_warning_of_each_check_that_needs_it() -> None:
    world = World()
    world.aws["sesv2"]["get_account"] = DENIED

    findings = world.findings()

    assert {name for name, each in findings.items() if each.status is Status.WARN} == OF_THE_ACCOUNT
    assert findings["sandbox"].message.startswith("could not check: AWS denied access")
    assert "ses:GetAccount" in findings["sandbox"].cure
    assert not [each for each in findings.values() if each.status is Status.FAIL]


@pytest.mark.parametrize(
    "error",
    [NoCredentialsError(), EndpointConnectionError(endpoint_url="https://x"), DENIED],
    ids=lambda error: type(error).__name__,
)
def test_every_check_ends_when_aws_answers_nothing(error: Exception) -> None:
    world = World()
    for answers in world.aws.values():
        answers.update(dict.fromkeys(answers, error))

    findings = world.findings()

    assert list(findings) == list(CHECKS)
    others = {name for name, found in findings.items() if found.status is not Status.WARN}
    assert others == {"code"}  # there is no checkout


@pytest.mark.parametrize(
    "answer", [{}, {"Attributes": None}, None, "text", []], ids=lambda answer: repr(answer)[:20]
)
def test_response_of_an_unknown_form_stops_no_check(answer: object) -> None:
    world = World()
    for answers in world.aws.values():
        answers.update(dict.fromkeys(answers, answer))

    findings = world.findings()

    assert list(findings) == list(CHECKS)
    assert all(finding.message for finding in findings.values())


def test_each_call_is_made_once() -> None:
    world = World()

    world.findings()

    counts = Counter(call for call in world.calls if not call.startswith("sqs.get_queue"))
    assert {call for call, count in counts.items() if count > 1} == set()


def test_check_that_hangs_is_left_alone() -> None:
    released = threading.Event()

    def hangs(_facts: Facts) -> Finding:
        released.wait()
        return ok("late")

    checks = {"hangs": hangs, "quick": lambda _facts: ok("done")}

    findings = dict(run_checks(checks, Facts(World().stage), seconds=0.2))
    released.set()

    assert findings["quick"].status is Status.OK
    assert findings["hangs"].message == "could not check: no answer in 0.2 seconds"


def test_dead_name_server_is_no_missing_record() -> None:
    findings = World().findings(broken=True)

    for name in ("SPF", "DMARC", "MAIL FROM MX"):
        assert findings[name].status is Status.WARN
        assert findings[name].message.startswith("could not check: no answer of a name server")


def test_without_a_name_server_no_record_is_checked() -> None:
    world = World()
    world.identity["DkimAttributes"]["Status"] = "PENDING"

    findings = {finding.check: finding for finding in diagnose(world.stage)}

    assert findings["SPF"].status is Status.SKIP
    # All records are to be entered, because nobody knows which are there.
    assert findings["DKIM"].cure.count("CNAME") == 3


def test_dkim_records_that_are_there_are_not_to_be_entered() -> None:
    world = World()
    world.identity["DkimAttributes"]["Status"] = "PENDING"
    world.zone["aaa._domainkey.example.com CNAME"] = ["aaa.dkim.amazonses.com."]
    world.zone["bbb._domainkey.example.com CNAME"] = ["wrong.example.net."]

    cure = world.findings()["DKIM"].cure

    assert "aaa." not in cure
    assert "bbb._domainkey" in cure
    assert "ccc._domainkey" in cure


def test_local_aws_skips_what_it_does_not_have() -> None:
    world = World()
    world.is_local = True
    world.aws["cloudformation"]["describe_type"] = refused(
        "InvalidAction", operation="DescribeType"
    )
    world.aws["dynamodb"]["describe_continuous_backups"] = {}

    findings = world.findings()

    for name in ("region", "reputation", "oldest message", "backups"):
        assert findings[name].status is Status.SKIP
        assert findings[name].message.startswith("not in the local AWS")


def test_call_that_is_unknown_to_aws_is_not_skipped() -> None:
    world = World()
    world.aws["cloudformation"]["describe_type"] = refused("InvalidAction")

    assert world.findings()["region"].status is Status.WARN


def test_address_that_sends_needs_its_domain_for_dkim() -> None:
    world = World()
    world.set_variable("SES_IDENTITIES", "shop@example.com")
    address = {"VerifiedForSendingStatus": True}
    world.aws["sesv2"]["get_email_identity"] = lambda **call: (
        address if "@" in call["EmailIdentity"] else _raise(refused("NotFoundException"))
    )

    findings = world.findings()

    assert findings["identity"].status is Status.OK
    assert findings["DKIM"].status is Status.FAIL
    assert "create-email-identity --email-identity example.com" in findings["DKIM"].cure
    assert findings["SPF"].status is Status.SKIP


def test_other_identities_are_looked_at_too() -> None:
    world = World()
    world.set_variable("SES_IDENTITIES", "example.com,ann@example.org")
    healthy = world.identity
    world.aws["sesv2"]["get_email_identity"] = lambda **call: (
        healthy if call["EmailIdentity"] == "example.com" else {"VerifiedForSendingStatus": False}
    )

    finding = world.findings()["identity"]

    assert finding.status is Status.WARN
    assert "ann@example.org" in finding.message


def test_older_stack_without_an_output_is_told_so() -> None:
    world = World()
    del world.outputs["ScheduleGroupName"]

    finding = world.findings()["schedules"]

    assert finding.message == "the stack has no output ScheduleGroupName: deploy it again"


def test_plan_tells_its_price() -> None:
    world = World()
    world.account["PricingAttributes"] = {"CurrentPlan": "ESSENTIALS", "NextPlan": "PRO"}

    finding = world.findings()["plan"]

    assert finding.message == (
        "the plan is Essentials, $ 0.16 for 1,000 emails; from the next month on, it is PRO;"
        " à la carte costs $ 0.10, and must be chosen"
    )
    assert "put-account-pricing-attributes --plan NONE" in finding.cure


@pytest.mark.parametrize(
    ("cure", "expected"),
    [
        (
            "aws sns subscribe --topic-arn x",
            "aws --region us-east-1 --profile 'my own' sns subscribe",
        ),
        ("verify: aws sesv2 put-x; then aws lambda get-y", "; then aws --region us-east-1"),
        (
            "see amsdal-mail --stage prod",
            "amsdal-mail --region us-east-1 --profile 'my own' --stage",
        ),
        ("see docs/deploying.md, aws is fine", "see docs/deploying.md, aws is fine"),
        ("https://console.aws.amazon.com/x", "https://console.aws.amazon.com/x"),
    ],
)
def test_command_of_a_cure_names_region_and_profile(cure: str, expected: str) -> None:
    stage = replace(World().stage, profile="my own")

    assert expected in for_stage(cure, stage)
    assert for_stage(cure, replace(stage, is_local=True)) == cure


def _raise(error: Exception) -> object:
    raise error
