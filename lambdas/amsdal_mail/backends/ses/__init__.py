"""Amazon SES: the request built, the answer read, and the backend that carries them."""

from amsdal_mail.backends.ses.backend import SESBackend

__all__ = ["SESBackend"]
