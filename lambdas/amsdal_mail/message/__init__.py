"""One email: its fields, the rules they follow, its JSON and its MIME."""

from amsdal_mail.message.email import Attachment, EmailMessage
from amsdal_mail.message.request import EmailRequest

__all__ = ["Attachment", "EmailMessage", "EmailRequest"]
