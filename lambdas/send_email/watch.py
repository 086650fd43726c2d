"""Watch: what logs and metrics tell of the sending. Ids, counts and codes; never an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from amsdal_mail.status import SendState
from email_store.claims import ClaimOutcome
from send_email.outcome import Outcome

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

__all__ = ["Watch"]

METRICS = {
    SendState.ACCEPTED: "RecipientsAccepted",
    SendState.QUEUED: "RecipientsQueued",
    SendState.SUPPRESSED: "RecipientsSuppressed",
    SendState.FAILED: "RecipientsFailed",
    SendState.UNKNOWN: "RecipientsUnknown",
    SendState.REJECTED: "RecipientsRejected",
}


@dataclass(frozen=True, slots=True)
class Watch:
    """Use it from one thread: metrics are collected for the whole invocation."""

    logger: Logger
    metrics: Metrics

    def tell(self, outcome: Outcome) -> None:
        """Log the outcome, and count its recipients by state: those of a replay never twice."""
        level = self.logger.error if outcome.is_misconfigured else self.logger.info
        level(_headline(outcome), extra=_details(outcome))
        if outcome.is_invalid:
            self._count("EmailsInvalid")
        elif outcome.is_replay:
            self._count("EmailsReplayed")
        elif outcome.claim is ClaimOutcome.CONFLICT:
            self._count("EmailsConflicting")
        elif outcome.claim is ClaimOutcome.CLAIMED:
            for state, count in outcome.counts().items():
                self._count(METRICS[state], count)
        if outcome.is_misconfigured:
            self._count("ConfigurationErrors")

    def tell_failure(self, record_id: str, error: BaseException | None) -> None:
        """Log a record that comes back. The text of an unforeseen error may quote the email."""
        causes = (type(one).__name__ for one in _chain(error))
        self.logger.warning("record failed", extra={"record": record_id, "errors": list(causes)})
        self._count("FailedRecords")

    def _count(self, name: str, count: int = 1) -> None:
        self.metrics.add_metric(name, MetricUnit.Count, count)


def _headline(outcome: Outcome) -> str:
    if outcome.is_invalid:
        return "invalid"
    if outcome.claim is not ClaimOutcome.CLAIMED:
        return outcome.claim.value
    return "queued" if outcome.is_queued else "sent"


def _details(outcome: Outcome) -> dict[str, object]:
    codes = {one.error_code for one in outcome.results.values() if one.error_code}
    return {
        "email_id": outcome.email_id,
        "counts": {state.value: count for state, count in outcome.counts().items()},
        "error_codes": sorted(codes),
    }


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
