"""Telemetry: what logs and metrics tell of the sending. Ids, counts and codes; never an address."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.status import SendState
from email_store.claims import ClaimStatus
from function_runtime.safe_logging import exception_chain, traceback_lines
from send_email.api.errors import REQUEST_ERRORS
from send_email.sending.outcome import SendOutcome

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

__all__ = ["Telemetry"]

METRICS = {
    SendState.ACCEPTED: "RecipientsAccepted",
    SendState.QUEUED: "RecipientsQueued",
    SendState.SUPPRESSED: "RecipientsSuppressed",
    SendState.FAILED: "RecipientsFailed",
    SendState.UNKNOWN: "RecipientsUnknown",
    SendState.REJECTED: "RecipientsRejected",
}
UNCLAIMED = {
    ClaimStatus.SETTLED: "EmailsReplayed",
    ClaimStatus.BUSY: "EmailsInProgress",
    ClaimStatus.CONFLICT: "EmailsConflicting",
}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Use it from one thread: metrics are collected for the whole invocation."""

    logger: Logger
    metrics: Metrics

    def record_outcome(self, outcome: SendOutcome) -> None:
        """Log the outcome, and count its recipients by state: those of a replay never twice."""
        level = self.logger.error if outcome.is_misconfigured else self.logger.info
        level(_headline(outcome), extra=_details(outcome))
        if outcome.is_invalid:
            self._count("EmailsInvalid")
        elif outcome.claim is not ClaimStatus.CLAIMED:
            self._count(UNCLAIMED[outcome.claim])
        else:
            for state, count in outcome.counts().items():
                self._count(METRICS[state], count)
        if outcome.is_stopped:
            self._count("SendingStopped")
        if outcome.is_abandoned:
            self._count("EmailsAbandoned")
        if outcome.is_misconfigured:
            self._count("ConfigurationErrors")

    def record_error(self, error: BaseException | None, **where: str) -> None:
        """Log why a request or a record was not carried out."""
        told = {**where, "errors": exception_chain(error)}
        if isinstance(error, InvalidMessageError):
            self.logger.info("not carried out", extra=told)
            self._count("EmailsInvalid")
        elif isinstance(error, REQUEST_ERRORS):
            self.logger.warning("not carried out", extra=told)
        else:
            self.logger.error("unforeseen", extra={**told, "stack": traceback_lines(error)})
            self._count("InternalErrors")

    def record_failed_record(self, record_id: str, error: BaseException | None) -> None:
        """Tell of a record that SQS will deliver again."""
        self.record_error(error, record=record_id)
        self._count("FailedRecords")

    def record_response(self, route: str, status: int) -> None:
        """Count an HTTP request; the API's access log has its line."""
        self.logger.debug("answered", extra={"route": route, "status": status})
        self._count("Requests")
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self._count("RequestsUnavailable")

    def _count(self, name: str, count: int = 1) -> None:
        self.metrics.add_metric(name, MetricUnit.Count, count)


def _headline(outcome: SendOutcome) -> str:
    if outcome.is_invalid:
        return "invalid"
    if outcome.claim is not ClaimStatus.CLAIMED:
        return outcome.claim.value
    return "queued" if outcome.is_queued else "sent"


def _details(outcome: SendOutcome) -> dict[str, object]:
    codes = {one.error_code for one in outcome.results.values() if one.error_code}
    return {
        "email_id": outcome.email_id,
        "counts": {state.value: count for state, count in outcome.counts().items()},
        "error_codes": sorted(codes),
    }
