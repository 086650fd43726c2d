"""A month of a shop on a deployed stage, for the pictures of the console."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from amsdal_mail.console.values import (
    About,
    DeadLetter,
    File,
    Finding,
    Suppression,
    Template,
    TemplateView,
)
from tests.browser.mails import INVOICE, LOGO, SHOP, order
from tests.unit.amsdal_mail.console.fake_source import FakeSource, content, email, numbers

__all__ = ["shop"]

MAILS = (
    ("anna", "Order 1234 is on its way to you", "clicked", 4),
    ("leo", "Back in stock: Yirgacheffe", "opened", 31),
    ("noah", "Hi Noah, your tasting is on Friday", "delivered", 52),
    ("mia", "Hi Mia, your tasting is on Friday", "delivered", 52),
    ("max", "Ten beans for November", "complained", 190),
    ("tom", "Welcome to Early Bird", "bounced", 260),
    ("eva", "Your cupping set ships on Monday", "scheduled", 300),
    ("ben", "Invoice 2026-0187", "delivered", 1500),
    ("ida", "Order 1199 is on its way to you", "suppressed", 1700),
    ("olga", "Your password was changed", "soft_bounced", 3100),
)


def shop() -> FakeSource:
    """Return the stage: an opened order, an unhappy reader, a wrong address, one dead letter."""
    source, now = FakeSource(), datetime.now(UTC)
    source.page_size = 50
    source.stage = About("prod", "eu-west-1", address="https://k3v9q1.execute-api.eu-west-1…")
    source.picture = base64.b64decode(LOGO)
    for name, subject, state, minutes in MAILS:
        is_order = name == "anna"
        row = email(
            f"order-{name}" if is_order else f"mail-{name}", state, subject=subject, sender=SHOP,
            created_at=now - timedelta(minutes=minutes), addresses=(f"{name}@example.net",),
            tags=("order-confirmation",) if is_order else (),
            metadata={"order_id": "1234", "campaign": "q4-beans"} if is_order else {},
            send_at=now + timedelta(days=2) if state == "scheduled" else None,
        )  # fmt: skip
        source.emails.append(row)
    invoice = File(1, "invoice-1234.pdf", "application/pdf", len(base64.b64decode(INVOICE)))
    source.contents["order-anna"] = content(
        sender=SHOP,
        html=order("Anna", "1234", "https://shop.example.com/orders/1234"),
        files=(File(0, "logo.svg", "image/svg+xml", 320, "logo"), invoice),
    )
    source.records["order-anna"] = {"has_content": True}
    source.numbers = numbers(30, now)
    source.lists["service"] = [Suppression("tom@exmaple.net", "bounce", now, "mail-tom")]
    source.lists["ses"] = [Suppression("tom@exmaple.net", "BOUNCE", now)]
    reason = "The identity example.org is not verified: MessageRejected."
    source.dead["send"] = [
        DeadLetter("0c1e", "request", "order-1188", (reason,), now - timedelta(hours=5), 300)
    ]
    source.found = [
        Finding("identity", "ok", "example.com is verified."),
        Finding("DMARC", "fail", "_dmarc.example.com has no record.",
                "_dmarc.example.com TXT v=DMARC1; p=none; rua=mailto:dmarc@example.com"),
    ]  # fmt: skip
    template = Template("order-shipped", now, "Hi {{name}}", ("9f2b11c0", "11c0ffee"), "9f2b11c0")
    source.stored = [
        TemplateView(template, "9f2b11c0", '{"name": "Anna"}', "Hi {{name}}", "Hi", "<b>Hi</b>",
                     "Hi Anna", "Hi", "<b>Hi</b>")
    ]  # fmt: skip
    return source
