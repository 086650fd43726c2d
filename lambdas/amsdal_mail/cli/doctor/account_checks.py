"""Checks of the SES account: whether it may send, how much, at which price, with which repute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amsdal_mail.cli.doctor.findings import Finding, Status, fail, ok, skip, warn

if TYPE_CHECKING:
    from amsdal_mail.cli.doctor.facts import Facts

__all__ = ["plan", "quota", "reputation", "sandbox", "send_rate", "sending", "suppression"]

NEARLY = 0.8
UNLIMITED = -1
"""https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html"""
PRICES = {"NONE": "à la carte, $ 0.10", "ESSENTIALS": "Essentials, $ 0.16"}
"""The price of 1,000 emails by the plan, without data and add-ons: https://aws.amazon.com/ses/pricing/"""
REVIEW = {"BounceRate": 0.05, "ComplaintRate": 0.001}
PAUSE = {"BounceRate": 0.1, "ComplaintRate": 0.005}
"""The rates from which AWS reviews an account, and from which it may pause it.

https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
"""
SES_CONSOLE = "https://console.aws.amazon.com/ses/home?region={region}#/{page}"


def sandbox(facts: Facts) -> Finding:
    """Check that the account may send to everybody."""
    if facts.account.get("ProductionAccessEnabled"):
        return ok("the account has production access")
    page = SES_CONSOLE.format(region=facts.stage.region, page="account")
    return fail(
        "the account is in the SES sandbox: mail goes to verified addresses only, to 200"
        " recipients a day",
        f"request production access: {page}",
    )


def sending(facts: Facts) -> Finding:
    """Check that SES accepts mail."""
    status = facts.account.get("EnforcementStatus", "")
    if status == "SHUTDOWN":
        return fail(
            "AWS has paused the account",
            "answer the case of AWS: https://console.aws.amazon.com/support/home#/case/history",
        )
    if not facts.account.get("SendingEnabled"):
        return fail(
            "sending is paused for the account",
            "aws sesv2 put-account-sending-attributes --sending-enabled",
        )
    name = facts.output("ConfigurationSetName")
    options = facts.ask("sesv2", "get_configuration_set", ConfigurationSetName=name)
    if not (options.get("SendingOptions") or {}).get("SendingEnabled", True):
        return fail(
            f"sending is paused for the configuration set {name}",
            "aws sesv2 put-configuration-set-sending-options --sending-enabled"
            f" --configuration-set-name {name}",
        )
    return ok("sending is enabled")


def quota(facts: Facts) -> Finding:
    """Check that the daily quota lasts."""
    values = facts.account["SendQuota"]
    most, sent = float(values["Max24HourSend"]), float(values["SentLast24Hours"])
    if most == UNLIMITED:
        return ok(f"{sent:,.0f} recipients in 24 hours, without a quota")
    text = f"{sent:,.0f} of {most:,.0f} recipients in 24 hours"
    page = SES_CONSOLE.format(region=facts.stage.region, page="account")
    cure = f"request a higher quota: {page}"
    if sent >= most:
        return fail(f"the daily quota is used up: {text}", cure)
    return warn(text, cure) if sent >= NEARLY * most else ok(text)


def send_rate(facts: Facts) -> Finding:
    """Check that the service sends no faster than the account may."""
    rate = float(facts.account["SendQuota"]["MaxSendRate"])
    ours = float(facts.variable("MAX_SEND_RATE") or 0)
    text = f"max_send_rate is {ours:g} recipients a second, and the rate of the account is {rate:g}"
    if ours > rate:
        return fail(
            f"{text}: SES throttles the rest",
            f"set max_send_rate to {rate:g} at most in cdk.json, and deploy again",
        )
    if ours * 2 <= rate and not facts.stage.is_local:
        return ok(f"{text}: other stages of the account may use the rest, or raise max_send_rate")
    return ok(text)


def plan(facts: Facts) -> Finding:
    """Tell the pricing plan, and its price."""
    pricing = facts.account.get("PricingAttributes") or {}
    current = pricing.get("CurrentPlan")
    if not current:
        return skip("SES did not say the plan: this region, or this version of boto3, has none")
    said = PRICES.get(current)
    text = f"the plan is {said} for 1,000 emails" if said else f"the plan is {current}"
    coming = pricing.get("NextPlan")
    if coming and coming != current:
        text += f"; from the next month on, it is {coming}"
    if current == "ESSENTIALS":
        # Accounts that are new since July 2026 begin with it.
        return Finding(
            "",
            Status.OK,
            f"{text}; à la carte costs $ 0.10, and must be chosen",
            "aws sesv2 put-account-pricing-attributes --plan NONE",
        )
    return ok(text)


def suppression(facts: Facts) -> Finding:
    """Check that SES suppresses addresses that bounced or complained."""
    name = facts.output("ConfigurationSetName")
    of_set = facts.ask("sesv2", "get_configuration_set", ConfigurationSetName=name)
    reasons = (of_set.get("SuppressionOptions") or {}).get("SuppressedReasons")
    where = f"the configuration set {name}"
    if reasons is None:
        reasons = (facts.account.get("SuppressionAttributes") or {}).get("SuppressedReasons") or []
        where = "the account"
    missing = {"BOUNCE", "COMPLAINT"} - set(reasons)
    if missing:
        return warn(
            f"{where} does not suppress addresses after: {', '.join(sorted(missing)).lower()}",
            "aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT"
            if where == "the account"
            else "aws sesv2 put-configuration-set-suppression-options"
            f" --configuration-set-name {name} --suppressed-reasons BOUNCE COMPLAINT",
        )
    return ok(f"{where} suppresses addresses after bounces and complaints")


def reputation(facts: Facts) -> Finding:
    """Check that bounces and complaints stay below the rates that AWS acts on."""
    status = facts.account.get("EnforcementStatus", "")
    advice = (
        f"see where they come from: amsdal-mail --stage {facts.stage.name} find --state bounced,"
        " and --state complained; https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html"
    )
    rates = {name: rate for name in REVIEW if (rate := _rate(facts, name)) is not None}
    text = ", ".join(f"{_words(name)} {rate:.2%}" for name, rate in rates.items())
    above = [name for name, rate in rates.items() if rate >= PAUSE[name]]
    if above:
        return fail(f"{text}: AWS may pause an account with such rates", advice)
    if status == "PROBATION":
        return fail(f"AWS reviews the account{f' ({text})' if text else ''}", advice)
    if any(rate >= REVIEW[name] for name, rate in rates.items()):
        return warn(f"{text}: AWS reviews an account with such rates", advice)
    if not rates and facts.stage.is_local:
        return skip("not in the local AWS: SES's metrics of bounces and complaints")
    return ok(text or "SES has no rates yet: it has sent too little")


def _rate(facts: Facts, name: str) -> float | None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    answer = facts.ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/SES",
        MetricName=f"Reputation.{name}",
        StartTime=now - timedelta(days=3),
        EndTime=now + timedelta(hours=1),
        Period=3600,
        Statistics=["Average"],
    )
    points = sorted(answer.get("Datapoints") or (), key=lambda point: point["Timestamp"])
    return float(points[-1]["Average"]) if points else None


def _words(name: str) -> str:
    return "bounces" if name == "BounceRate" else "complaints"
