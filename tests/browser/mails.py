"""A shop's mail of one morning, for the picture of the page and for whoever looks at it."""

# ruff: noqa: E501 - mail as senders write it

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

LOGO = base64.b64encode(
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" viewBox="0 0 40 40">'
    b'<rect width="40" height="40" rx="11" fill="#f2994a"/><path d="M11 24c6-1 8-5 9-12 1 7 3 11 9'
    b' 12" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>'
).decode()
INVOICE = base64.b64encode(b"%PDF-1.4\n" + b"0" * 48_213).decode()


def order(name: str, number: str, link: str) -> str:
    items = [("Oat flat white, 250 g", "€ 11.90"), ("Filter papers, 100", "€ 4.50")]
    rows = "".join(
        f'<tr><td style="padding:11px 0;border-top:1px solid #eee">{what}</td>'
        f'<td style="padding:11px 0;border-top:1px solid #eee;text-align:right">{price}</td></tr>'
        for what, price in items
    )
    return f"""<!doctype html>
<html><body style="margin:0;background:#f6f3ee;font:16px/1.55 Georgia,'DejaVu Serif',serif;color:#3a2e25">
<div style="max-width:540px;margin:0 auto;padding:30px 20px">
<p style="margin:0 0 16px"><img src="cid:logo" alt="Early Bird" width="40" height="40"></p>
<div style="background:#fff;border-radius:14px;padding:28px 32px">
<h1 style="margin:0 0 10px;font-size:25px">Thank you, {name}.</h1>
<p style="margin:0 0 18px">Your order <b>{number}</b> is in the roaster's hands. It leaves us tomorrow before eight.</p>
<table style="width:100%;border-collapse:collapse;font-size:15px">{rows}
<tr><td style="padding:13px 0;border-top:2px solid #3a2e25"><b>Total</b></td>
<td style="padding:13px 0;border-top:2px solid #3a2e25;text-align:right"><b>€ 16.40</b></td></tr></table>
<p style="margin:22px 0 4px"><a ses:tags="place:button;" href="{link}"
 style="display:inline-block;background:#f2994a;color:#fff;text-decoration:none;padding:11px 24px;border-radius:10px;font-weight:bold">Follow your order</a></p>
</div>
<p style="font-size:13px;color:#8d8177;margin:16px 4px">Early Bird Coffee · <a style="color:#8d8177" ses:no-track href="{link}?unsubscribe">Unsubscribe</a></p>
</div></body></html>"""


def morning(link: str) -> Iterator[dict[str, Any]]:
    """POST /emails requests, oldest first."""
    shop = {"from_email": "Early Bird Coffee <orders@example.com>"}
    yield shop | {
        "subject": "Your password was changed",
        "body": "Somebody, hopefully you, changed your password at 07:12.",
        "to": ["mailboxfull+olga@simulator.amazonses.com"],
        "tags": ["security"],
    }
    yield shop | {
        "subject": "Invoice 2026-0187",
        "body": "Dear Ben,\n\nyour invoice is attached.\n\nEarly Bird Coffee",
        "to": ["delay+ben@simulator.amazonses.com"],
        "attachments": [
            {"filename": "invoice-2026-0187.pdf", "content": INVOICE, "mimetype": "application/pdf"}
        ],
        "tags": ["invoice"],
    }
    yield shop | {
        "subject": "Welcome to Early Bird",
        "body": "Good to have you.",
        "to": ["bounce+typo@simulator.amazonses.com"],
        "tags": ["onboarding"],
    }
    yield shop | {
        "subject": "Ten beans for November",
        "body": "The new harvest is in.",
        "to": ["complaint+max@simulator.amazonses.com"],
        "tags": ["newsletter"],
    }
    yield shop | {
        "subject": "Hi {{name}}, your tasting is on Friday",
        "body": "{{name}}, see you at {{time}}.",
        "to": ["Mia <mia@example.net>", "Noah <noah@example.net>"],
        "merge_data": {"mia@example.net": {"name": "Mia"}, "noah@example.net": {"name": "Noah"}},
        "merge_global_data": {"time": "18:00"},
    }
    yield shop | {
        "subject": "Back in stock: Yirgacheffe",
        "body": "You asked us to tell you.",
        "to": ["open+leo@simulator.amazonses.com"],
    }
    yield shop | {
        "subject": "Order 1234 is on its way to you",
        "body": "Thank you, Anna. Your order 1234 is in the roaster's hands.",
        "html_body": order("Anna", "1234", link),
        "to": ["Anna <anna@example.net>"],
        "attachments": [
            {
                "filename": "logo.svg", "content": LOGO, "mimetype": "image/svg+xml",
                "content_id": "logo",
            },
            {"filename": "invoice-1234.pdf", "content": INVOICE, "mimetype": "application/pdf"},
        ],
        "tags": ["order-confirmation"],
        "metadata": {"order_id": "1234", "campaign": "q4-beans"},
    }  # fmt: skip
