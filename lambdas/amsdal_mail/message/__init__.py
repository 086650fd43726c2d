"""A message: its fields, the rules for them, its JSON and its MIME."""

from __future__ import annotations

from amsdal_mail.message.attachment import Attachment
from amsdal_mail.message.email import EmailMessage, EmailRequest

__all__ = ["Attachment", "EmailMessage", "EmailRequest"]
