"""The send rate that the stages of a cdk.json share."""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum

from infra.settings import STAGES, Settings, SettingsError

__all__ = ["send_rate_warning"]


def send_rate_warning(context: Mapping[str, object], settings: Settings) -> str | None:
    """Return a warning if all stages together may claim more than the account's send rate.

    Raises:
        SettingsError: another stage has invalid settings.
    """
    if settings.local:
        return None
    rates = _rates(context) or {settings.stage: settings.max_send_rate}
    claims = ", ".join(f"{stage} {rate:g}" for stage, rate in rates.items())
    if not settings.account_send_rate:
        advice = f"set account_send_rate, so that their sum can be checked: {claims}"
        return (
            f"the stages share the send rate of the account; {advice}" if len(rates) > 1 else None
        )
    total = round(fsum(rates.values()), 6)
    if total <= settings.account_send_rate:
        return None
    return (
        f"max_send_rate: {claims}. This is {total:g} recipients a second in all, and the account "
        f"has {settings.account_send_rate:g} (account_send_rate): SES will throttle"
    )


def _rates(context: Mapping[str, object]) -> dict[str, float]:
    rates, problems = {}, list[str]()
    stages = context.get(STAGES)
    for stage in stages if isinstance(stages, Mapping) else ():
        try:
            rates[stage] = Settings.from_context({**context, "stage": stage}).max_send_rate
        except SettingsError as error:
            problems += [f"stages.{stage}: {problem}" for problem in error.problems]
    if problems:
        raise SettingsError(problems)
    return rates
