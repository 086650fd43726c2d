"""Ends the rest of a send when a response holds for the other calls too.

An account that may not send refuses each email: to try them all takes time, and tells nothing new.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

from amsdal_mail.backends.aws.errors import BULK_STATUSES, classify_error
from amsdal_mail.backends.aws.flow import Call, CallResult, Response
from amsdal_mail.status import CredentialsError, RetryHint, SendState

__all__ = ["ENTRY_RESULTS", "Halt"]

ENTRY_RESULTS = "BulkEmailEntryResults"
"""The part of a successful response that may have refusals:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html"""

ACCOUNT_CODES = frozenset(
    {
        "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        "ACCOUNT_SENDING_PAUSED",
        "ACCOUNT_SUSPENDED",
        "AccountSuspendedException",
        "CONFIGURATION_SET_SENDING_PAUSED",
        "OptInRequired",
        "SendingPausedException",
    }
)
"""Codes after which no other email of the account, or of the configuration set, can be sent:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors"""

ACCOUNT_TEXTS = ("sending paused", "daily message quota")
"""Texts with the same meaning, of codes that have other meanings too:
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html"""

MESSAGE_CODES = frozenset({"BadRequestException", "MessageRejected", "NotFoundException"})
"""Codes whose fault is in what one message names, such as its sender or its template. Other codes
of a wrong set-up are about permissions, and a permission is granted on resources."""

SCOPE_PARAMETERS = (
    "FromEmailAddress",
    "FromEmailAddressIdentityArn",
    "ConfigurationSetName",
    "TenantName",
    "QueueUrl",
)
"""Parameters that name a resource on which a permission is granted:
https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html"""

RESOURCES = {"configuration set": "ConfigurationSetName", "tenant": "TenantName"}
"""What can be paused, besides the account, by the parameter that names it."""

EVERYTHING = "everything"


@dataclass(slots=True)
class Halt:
    """The results of a send that hold for its later calls, by what they hold for.

    Used by the threads of one send. A call that is on its way is not stopped.
    """

    results: dict[Hashable, CallResult] = field(default_factory=dict)

    def all(self, result: CallResult) -> None:
        """Give each later call this result. The first that is given stays."""
        self.results.setdefault(EVERYTHING, result)

    @property
    def is_total(self) -> bool:
        """True when no other call need be made."""
        return EVERYTHING in self.results

    def result_for(self, call: Call) -> CallResult | None:
        """Return the result of a call that need not be made, else None."""
        resources = (_named_resource(call, word) for word in RESOURCES)
        scopes = (EVERYTHING, *resources, _permission(call))
        return next((self.results[s] for s in scopes if s in self.results), None)

    def note(self, call: Call, response: Response) -> None:
        """Keep a result of the response that holds for later calls."""
        for result in _refusals(response):
            scope = _scope(call, result)
            if scope is not None:
                self.results.setdefault(scope, replace(result, message_id=None))


def _refusals(response: Response) -> Iterator[CallResult]:
    if isinstance(response, CallResult):
        yield response
    elif isinstance(response, Exception):
        yield classify_error(response)
    else:
        for entry in (response or {}).get(ENTRY_RESULTS, ()):
            status = entry.get("Status", "")
            if status in ACCOUNT_CODES:
                text = entry.get("Error") or ""
                yield replace(BULK_STATUSES[status], error_code=status, error_message=text)


def _scope(call: Call, result: CallResult) -> Hashable | None:
    """Return what the result holds for, or None when it holds for this call only."""
    if result.state is not SendState.FAILED or result.retry is RetryHint.SOON:
        return None
    text = (result.error_message or "").lower()
    if result.error_code in ACCOUNT_CODES or any(stop in text for stop in ACCOUNT_TEXTS):
        words = f"{result.error_code} {text}".lower().replace("_", " ")
        return _named_resource(call, words) or EVERYTHING
    if result.raises is CredentialsError or (result.raises and result.is_unsent):
        return EVERYTHING
    if result.raises and result.error_code not in MESSAGE_CODES:
        return _permission(call)
    return None


def _named_resource(call: Call, words: str) -> Hashable | None:
    """Return the call's configuration set or tenant, if the words name the kind of it."""
    for word, parameter in RESOURCES.items():
        if word in words:
            return (word, call.params.get(parameter))
    return None


def _permission(call: Call) -> Hashable:
    """Return the action and the resources that a call needs a permission for."""
    resources = tuple(call.params.get(name) for name in SCOPE_PARAMETERS)
    content = call.params.get("Content") or call.params.get("DefaultContent") or {}
    template = content.get("Template") or {}
    return (call.operation, resources, tuple(content), template.get("TemplateName"))
