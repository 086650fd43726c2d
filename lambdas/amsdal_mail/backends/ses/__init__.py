"""Amazon SES: requests, sending with retries and a rate limit, tags, and the backend."""

from __future__ import annotations

from amsdal_mail.backends.ses.backend import SESBackend

__all__ = ["SESBackend"]
