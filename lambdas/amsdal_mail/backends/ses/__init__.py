"""Amazon SES: requests, sending with retries and a rate limit, tags, and the backend."""

from amsdal_mail.backends.ses.backend import SESBackend

__all__ = ["SESBackend"]
