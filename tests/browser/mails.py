"""The mail of a shop in one morning, for the pictures of the page."""

# ruff: noqa: E501 - mail as senders write it

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

__all__ = ["morning"]

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


SHOP = "Early Bird Coffee <orders@example.com>"


def morning(link: str) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Return POST /emails requests, oldest first, each with the event to simulate."""
    full = "mailboxfull+olga@simulator.amazonses.com"
    yield mail("Your password was changed", full, tags=["security"]), None
    file = {"content": INVOICE, "mimetype": "application/pdf"}
    yield (
        mail(
            "Invoice 2026-0187",
            "ben@example.net",
            body="Dear Ben,\n\nyour invoice is attached.\n\nEarly Bird Coffee",
            attachments=[{**file, "filename": "invoice-2026-0187.pdf"}],
        ),
        None,
    )
    yield mail("Welcome to Early Bird", "tom@exmaple.net", tags=["onboarding"]), "Hard bounce"
    yield mail("Ten beans for November", "max@example.net", tags=["newsletter"]), "Complain"
    for name in ("Mia", "Noah"):
        yield (
            mail(
                "Hi {{name}}, your tasting is on Friday",
                f"{name.lower()}@example.net",
                merge_data={f"{name.lower()}@example.net": {"name": name}},
            ),
            None,
        )
    yield mail("Back in stock: Yirgacheffe", "open+leo@simulator.amazonses.com"), None
    logo = {"content": LOGO, "mimetype": "image/svg+xml", "content_id": "logo"}
    yield (
        mail(
            "Order 1234 is on its way to you",
            "Anna <anna@example.net>",
            html_body=order("Anna", "1234", link),
            attachments=[
                {**logo, "filename": "logo.svg"},
                {**file, "filename": "invoice-1234.pdf"},
            ],
            tags=["order-confirmation"],
            metadata={"order_id": "1234", "campaign": "q4-beans"},
        ),
        None,
    )


def mail(subject: str, to: str, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "body": "Good morning.", "from_email": SHOP, "to": [to], **more}
