"""EmailRequest: what the API and the queue take, an EmailMessage with its idempotency key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from amsdal_mail.email_id import EMAIL_ID
from amsdal_mail.message.email import EmailMessage

__all__ = ["EmailRequest"]


class EmailRequest(EmailMessage):
    """A message on its way to the service.

    `idempotency_key` becomes the id of the email: a second request with the same key sends
    nothing. Without one the service chooses an id.
    """

    idempotency_key: Annotated[str, Field(pattern=EMAIL_ID)] | None = None

    @staticmethod
    def of(message: EmailMessage, idempotency_key: str | None) -> EmailRequest:
        """Put a checked message and its key together."""
        return EmailRequest.model_construct(**dict(message) | {"idempotency_key": idempotency_key})

    @property
    def message(self) -> EmailMessage:
        """The message alone."""
        return EmailMessage.model_construct(
            **{name: value for name, value in self if name in EmailMessage.model_fields}
        )
