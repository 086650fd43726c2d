"""Runs all checks at the same time. None waits for another, and none can stop another."""

from __future__ import annotations

import queue
import re
import shlex
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.cli.aws_errors import explain
from amsdal_mail.cli.doctor import (
    account_checks,
    domain_checks,
    event_checks,
    function_checks,
    stack_checks,
)
from amsdal_mail.cli.doctor.facts import Facts
from amsdal_mail.cli.doctor.findings import Finding, NotCheckedError, skip, warn
from amsdal_mail.cli.doctor.name_server import NameServerError

if TYPE_CHECKING:
    from pathlib import Path

    from amsdal_mail.cli.doctor.name_server import NameServer
    from amsdal_mail.cli.stage import Stage

__all__ = ["CHECKS", "Check", "diagnose", "for_stage", "run_checks"]

Check = Callable[[Facts], Finding]

CHECKS: Mapping[str, Check] = {
    "credentials": stack_checks.credentials,
    "region": stack_checks.region,
    "stack": stack_checks.stack,
    "identity": domain_checks.identity,
    "DKIM": domain_checks.dkim,
    "MAIL FROM": domain_checks.mail_from,
    "MAIL FROM MX": domain_checks.mail_from_mx,
    "SPF": domain_checks.spf,
    "DMARC": domain_checks.dmarc,
    "sandbox": account_checks.sandbox,
    "sending": account_checks.sending,
    "quota": account_checks.quota,
    "send rate": account_checks.send_rate,
    "plan": account_checks.plan,
    "reputation": account_checks.reputation,
    "suppression": account_checks.suppression,
    "configuration set": event_checks.configuration_set,
    "event destinations": event_checks.event_destinations,
    "subscriptions": event_checks.subscriptions,
    "queues": stack_checks.queues,
    "oldest message": stack_checks.oldest_message,
    "dead letters": stack_checks.dead_letters,
    "alarms": stack_checks.alarms,
    "functions": function_checks.functions,
    "event sources": function_checks.event_sources,
    "concurrency": function_checks.concurrency,
    "code": function_checks.code,
    "schedules": stack_checks.schedules,
    "table": stack_checks.table,
    "backups": stack_checks.backups,
}
"""The checks by their names, in the order in which they are shown."""

COMMAND = re.compile(
    r"(?<!\S)(?:aws(?= (?:cloudformation|dynamodb|lambda|scheduler|sesv2|sns) )|amsdal-mail(?= ))"
)
SECONDS = 30.0
"""How long all checks together may take. They run at the same time."""

UNKNOWN_TO_LOCAL_AWS = frozenset(
    {
        "InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented",
        "UnsupportedOperation", "InvalidRequest", "404", "501",
    }
)  # fmt: skip
"""Codes with which the local AWS refuses a call that it does not have."""


def diagnose(
    stage: Stage, resolver: NameServer | None = None, checkout: Path | None = None
) -> list[Finding]:
    """Return what each check found about the stage. Raises no error of AWS or of the DNS.

    Args:
        stage: the stage to examine.
        resolver: the name server to ask; without it, no DNS record is checked.
        checkout: the source code to compare the functions with; without it, they are not.
    """
    facts = Facts(stage, resolver, checkout)
    findings = dict(run_checks(CHECKS, facts))
    return [findings[name] for name in CHECKS]


def run_checks(
    checks: Mapping[str, Check], facts: Facts, seconds: float = SECONDS
) -> Iterator[tuple[str, Finding]]:
    """Yield the name and the finding of each check as it ends.

    A check that has no result after so many seconds gets a warning, and is left alone.
    """
    results: queue.SimpleQueue[tuple[str, Finding]] = queue.SimpleQueue()
    for name, check in checks.items():
        # A daemon thread: a call that hangs does not keep the program from ending.
        threading.Thread(
            target=lambda name=name, check=check: results.put((name, _run(name, check, facts))),
            name=f"check {name}",
            daemon=True,
        ).start()
    waiting = dict.fromkeys(checks)
    deadline = time.monotonic() + seconds
    while waiting:
        try:
            name, finding = results.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        del waiting[name]
        yield name, finding
    for name in waiting:
        yield name, replace(_not_checked(f"no answer in {seconds:g} seconds"), check=name)


def _run(name: str, check: Check, facts: Facts) -> Finding:
    try:
        finding = check(facts)
    except NotCheckedError as reason:
        finding = skip(str(reason))
    except (ClientError, BotoCoreError) as error:
        finding = _refused(error, facts.stage)
    except (NameServerError, OSError) as error:
        finding = _not_checked(str(error))
    except Exception as error:  # noqa: BLE001 - an answer of an unknown form must not stop the others
        finding = _not_checked(f"{type(error).__name__}: {error}")
    return replace(finding, check=name, cure=for_stage(finding.cure, facts.stage))


def for_stage(cure: str, stage: Stage) -> str:
    """Return the cure with the region and the profile in each of its commands.

    Otherwise a command that is copied would change another region or account. The local AWS has its
    own in the shell: `source .local/<PORT>/env`.
    """
    if stage.is_local:
        return cure
    profile = f" --profile {shlex.quote(stage.profile)}" if stage.profile else ""
    place = f" --region {shlex.quote(stage.region)}{profile}"
    return COMMAND.sub(lambda match: f"{match[0]}{place}", cure)


def _refused(error: ClientError | BotoCoreError, stage: Stage) -> Finding:
    if stage.is_local and isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in UNKNOWN_TO_LOCAL_AWS:
            return skip(f"not in the local AWS: {error.operation_name}")
    explained = explain(error, stage.profile)
    return _not_checked(explained.message, explained.cure)


def _not_checked(reason: str, cure: str = "") -> Finding:
    return warn(f"could not check: {reason}", cure)
