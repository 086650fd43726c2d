"""The metrics of a shop, and an OpenAPI document, for the tests of the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amsdal_mail.console.values import Json

__all__ = ["DESCRIPTION", "NOW", "numbers"]

NOW = datetime(2026, 11, 24, 9, 12, 40, tzinfo=UTC)
COUNTS = ("accepted", "delivered", "bounced", "complained", "opened", "clicked", "rejected",
          "soft_bounced")  # fmt: skip


def numbers(days: int = 30, last: datetime = NOW) -> Json:
    """Return the metrics of a shop: weeks with a weekend, a newsletter, and one bad day."""
    rows: list[Json] = []
    for place in range(days):
        day = (last - timedelta(days=days - 1 - place)).date()
        accepted = (420 if day.weekday() < 5 else 160) + 37 * (place % 4)
        accepted += 900 if place == days - 12 else 0
        bounced = accepted // 90 + (60 if place == days - 12 else 0)
        delivered = accepted - bounced - accepted // 300
        row = {
            "accepted": accepted, "delivered": delivered, "bounced": bounced,
            "complained": accepted // 700, "opened": int(delivered * (0.41 + 0.03 * (place % 3))),
            "clicked": int(delivered * (0.12 + 0.02 * (place % 4))), "rejected": accepted // 900,
            "soft_bounced": accepted // 150,
        }  # fmt: skip
        rows.append({"date": str(day), **row})
    totals = {name: sum(int(row[name]) for row in rows) for name in COUNTS}
    part = {name: count // 3 for name, count in totals.items()}
    rest = {name: count - part[name] for name, count in totals.items()}
    return {
        "from": rows[0]["date"], "to": rows[-1]["date"], "totals": totals, "days": rows,
        "streams": [{"stream": "transactional", **rest}, {"stream": "bulk", **part}],
        "tags": [{"tag": "order-confirmation", **rest}, {"tag": "newsletter", **part}],
        "templates": [{"template_id": "order-shipped", **part}],
        "domains": [
            {"domain": "example.net", "delivered": 6120, "seconds_p50": 0.8, "seconds_p95": 2.4,
             "seconds_p99": 6.5},
            {"domain": "example.org", "delivered": 2841, "seconds_p50": 1.1, "seconds_p95": 4.9,
             "seconds_p99": 38.0},
        ],
        "is_truncated": False,
    }  # fmt: skip


DESCRIPTION: Json = {
    "info": {"title": "Email service"},
    "paths": {
        "/emails": {
            "post": {
                "summary": "Send an email",
                "tags": ["emails"],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/EmailRequest"}
                        }
                    }
                },
                "responses": {"200": {"description": "Accepted by SES."}},
            },
            "get": {
                "summary": "Find emails",
                "tags": ["emails"],
                "parameters": [
                    {"name": "recipient", "in": "query", "description": "A bare address."},
                    {"name": "limit", "in": "query"},
                ],
                "responses": {"200": {"description": "A page of emails."}},
            },
        },
        "/emails/{email_id}": {
            "get": {
                "summary": "Get an email",
                "tags": ["emails"],
                "responses": {"200": {"description": "The email."}},
            }
        },
        "/suppressions": {
            "delete": {
                "summary": "Allow mail to an address again",
                "tags": ["suppressions"],
                "parameters": [{"name": "address", "in": "query", "required": True}],
                "responses": {"204": {"description": "Removed from both lists."}},
            }
        },
    },
    "components": {"schemas": {}},
}
