"""Send one email and print the result of each recipient.

    python examples/send_plain.py orders@example.com customer@example.com

The first address is the sender. AMSDAL_EMAIL_BACKEND chooses the backend: `ses` (the default),
`sqs`, `console` or `memory`.
"""

from __future__ import annotations

import sys

from amsdal_mail import Attachment, InvalidMessageError, send_mail


def main(sender: str, *recipients: str) -> int:
    """Return 0 when the email is accepted or queued for every recipient, else 1."""
    try:
        status = send_mail(
            subject="Order Confirmation",
            message="Your order #1234 has been confirmed.",
            from_email=sender,
            recipient_list=recipients,
            html_message="<p>Your order <b>#1234</b> has been confirmed.</p>",
            attachments=[Attachment("order.txt", b"2 x coffee", "text/plain")],
            tags=["order-confirmation"],
            metadata={"order_id": "1234"},
        )
    except InvalidMessageError as error:
        for field_error in error.errors:
            print(f"{field_error.field}: {field_error.rule}", file=sys.stderr)
        return 1
    for recipient in status.recipients.values():
        print(recipient.address, recipient.state, recipient.message_id or recipient.error_message)
    return 0 if status.is_success else 1


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"usage: python {sys.argv[0]} SENDER RECIPIENT ...")
    sys.exit(main(*sys.argv[1:]))
