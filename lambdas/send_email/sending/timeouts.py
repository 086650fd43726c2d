"""Timeouts: how long a call to SES may take, and how long a retry must wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

__all__ = ["API_SECONDS", "Timeouts"]


API_SECONDS = 28.0
"""How long the response to an HTTP request may take, from its arrival at API Gateway.

The gateway ends a request after 30 seconds with a 503 of its own, which carries no `email_id`.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds."""

    min_remaining: float
    """A call to SES starts only with this much time left: its result must be stored too."""
    ses_connect: float
    """How long to wait for a connection to SES."""
    ses_read: float
    """How long to wait for the response of SES. After that, it counts as lost."""
    lost_response: int
    """How long not to retry after a lost response: by then SES's events show whether SES sent the
    email. A lease lasts as long, because a worker that crashed may have sent."""

    @classmethod
    def from_settings(cls, timeout_seconds: int, lost_response_seconds: int) -> Self:
        """Derive them from the timeout of the function and from `lost_response_seconds`.

        A lost response must be waited for at least as long as the function may run. Otherwise two
        workers could send the same email.
        """
        return cls(
            timeout_seconds / 2, timeout_seconds / 12, timeout_seconds / 3, lost_response_seconds
        )

    @classmethod
    def for_api(cls, timeout_seconds: int, lost_response_seconds: int) -> Self:
        """Derive those of HTTP requests: a call to SES and what follows it fit into API_SECONDS.

        A quarter of the time is for what comes before the call: the claim, the suppression list
        and the wait for the sending rate. The last part is for the queue and the table.
        """
        seconds = min(API_SECONDS, timeout_seconds)
        return cls(seconds * 3 / 4, seconds / 14, seconds / 2, lost_response_seconds)
