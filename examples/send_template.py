"""Send a personalized email: each recipient gets a message with values of their own.

    python examples/send_template.py orders@example.com alice@example.com bob@example.com

The first address is the sender. The subject and the body are the template; for a template that
is stored in SES, give `template_id` instead.
"""

from __future__ import annotations

import sys

from amsdal_mail import EmailMessage, get_connection


def main(sender: str, *recipients: str) -> int:
    """Return 0 when a message is accepted or queued for every recipient, else 1."""
    message = EmailMessage(
        subject="Welcome, {{name}}",
        body="Hello {{name}}, welcome to {{company}}. You are member {{number}}.",
        from_email=sender,
        to=recipients,
        merge_global_data={"company": "ACME Corp"},
        merge_data={
            address: {"name": address.partition("@")[0].title(), "number": number}
            for number, address in enumerate(recipients, start=1)
        },
    )
    with get_connection() as connection:
        status = connection.send_messages([message])
    for recipient in status.recipients.values():
        print(recipient.address, recipient.state, recipient.message_id or recipient.error_message)
    return 0 if status.is_success else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"usage: python {sys.argv[0]} SENDER RECIPIENT ...")
    sys.exit(main(*sys.argv[1:]))
