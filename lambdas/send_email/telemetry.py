"""Log lines and CloudWatch metrics of the send function: ids, counts and codes, no addresses."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from amsdal_mail.exceptions import InvalidMessageError
from amsdal_mail.status import SendState
from amsdal_mail.stream import Stream
from email_store.claims import ClaimStatus
from email_store.store import StoreError
from function_runtime.safe_logging import exception_chain, traceback_lines
from send_email.sending.errors import ExpectedError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

    from send_email.sending.job import SendOutcome

__all__ = ["Telemetry"]

STATE_METRICS = {
    SendState.ACCEPTED: "RecipientsAccepted",
    SendState.QUEUED: "RecipientsQueued",
    SendState.SCHEDULED: "RecipientsScheduled",
    SendState.CANCELED: "RecipientsCanceled",
    SendState.EXPIRED: "RecipientsExpired",
    SendState.SUPPRESSED: "RecipientsSuppressed",
    SendState.FAILED: "RecipientsFailed",
    SendState.UNKNOWN: "RecipientsUnknown",
    SendState.REJECTED: "RecipientsRejected",
}
CLAIM_METRICS = {
    ClaimStatus.SETTLED: "EmailsReplayed",
    ClaimStatus.BUSY: "EmailsInProgress",
    ClaimStatus.CONFLICT: "EmailsConflicting",
    ClaimStatus.SCHEDULED: "EmailsScheduled",
}
CLAIM_HEADLINES = {
    ClaimStatus.SETTLED: "email replayed",
    ClaimStatus.BUSY: "email in progress",
    ClaimStatus.CONFLICT: "email conflicting",
    ClaimStatus.SCHEDULED: "email scheduled",
}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Logs and counts. Call it from one thread: metrics are collected per invocation."""

    logger: Logger
    metrics: Metrics

    def record_outcome(self, outcome: SendOutcome) -> None:
        """Log the outcome, and count its recipients by state. A replay counts no recipients."""
        level = self.logger.error if outcome.is_misconfigured else self.logger.info
        level(_headline(outcome), extra=_details(outcome))
        if outcome.is_invalid:
            self._count("EmailsInvalid")
        elif outcome.claim is not ClaimStatus.CLAIMED:
            self._count(CLAIM_METRICS[outcome.claim])
        else:
            for state, count in outcome.counts.items():
                self._count(STATE_METRICS[state], count)
                if state is SendState.ACCEPTED and outcome.stream is Stream.BULK:
                    self._count("BulkRecipientsAccepted", count)
            if not outcome.counts:
                self._count("EmailsSplit")
        if outcome.keep_error:
            ids = {"email_id": outcome.email_id, "reason": outcome.keep_error}
            self.logger.warning("message not kept", extra=ids)
            self._count("MessagesNotKept")
        if outcome.is_stopped:
            self._count("SendingStopped")
        if outcome.is_abandoned:
            self._count("EmailsAbandoned")
        if outcome.is_misconfigured:
            self._count("ConfigurationErrors")

    def record_change(self, metric: str, email_id: str) -> None:
        """Log and count that a caller moved or canceled an email."""
        self.logger.info("email changed", extra={"email_id": email_id, "change": metric})
        self._count(metric)

    def record_vain_timer(self) -> None:
        """Count a timer of an email that was not to be sent at that time."""
        self.logger.debug("timer in vain")
        self._count("TimersInVain")

    def record_error(self, error: BaseException | None, **ids: str) -> None:
        """Log why a request or a record failed. An error that is not expected is a bug."""
        extra = {**ids, "errors": exception_chain(error)}
        if isinstance(error, InvalidMessageError):
            self.logger.info("request rejected", extra=extra)
            self._count("EmailsInvalid")
        elif isinstance(error, ExpectedError | StoreError):
            self.logger.warning("request failed", extra=extra)
        else:
            self.logger.error("internal error", extra={**extra, "stack": traceback_lines(error)})
            self._count("InternalErrors")

    def record_failed_record(self, record_id: str, error: BaseException | None) -> None:
        """Log and count a record that SQS will deliver again."""
        self.record_error(error, record=record_id)
        self._count("FailedRecords")

    def record_ignored_event(self) -> None:
        """Count an event that is neither an HTTP request nor of the queue. It is no failure."""
        self.logger.debug("event ignored")
        self._count("IgnoredEvents")

    def record_response(self, route: str, status: int) -> None:
        """Count an HTTP request. The access log of the API has a line for it."""
        self.logger.debug("response", extra={"route": route, "status": status})
        self._count("Requests")
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self._count("RequestsUnavailable")

    def _count(self, name: str, count: int = 1) -> None:
        self.metrics.add_metric(name, MetricUnit.Count, count)


def _headline(outcome: SendOutcome) -> str:
    if outcome.is_invalid:
        return "email rejected"
    if outcome.claim is not ClaimStatus.CLAIMED:
        return CLAIM_HEADLINES[outcome.claim]
    return "email queued" if outcome.is_queued else "email sent"


def _details(outcome: SendOutcome) -> dict[str, object]:
    codes = {status.error_code for status in outcome.results.values() if status.error_code}
    return {
        "email_id": outcome.email_id,
        "stream": outcome.stream.value,
        "counts": {state.value: count for state, count in outcome.counts.items()},
        "error_codes": sorted(codes),
    }
