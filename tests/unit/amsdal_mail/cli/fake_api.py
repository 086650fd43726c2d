"""The HTTP API of a stage, as strict as the real one about signatures, routes and query names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.unit.amsdal_mail.cli.fake_http import Received, Reply, serving

__all__ = ["ACCESS_KEY", "REGION", "SECRET_KEY", "Call", "FakeAPI", "email", "running_api", "view"]

ACCESS_KEY, SECRET_KEY, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI", "eu-west-1"
FIND = {"recipient", "from", "to", "state", "tag", "template", "stream", "limit", "cursor"}
ROUTES: tuple[tuple[str, str, set[str]], ...] = (
    ("POST", "/emails", set()),
    ("POST", "/uploads", set()),
    ("GET", "/emails", FIND),
    ("GET", "/emails/([^/]+)", {"recipients_after"}),
    ("PATCH", "/emails/([^/]+)", set()),
    ("POST", "/emails/([^/]+)/cancel", set()),
    ("GET", "/emails/([^/]+)/content", set()),
    ("POST", "/emails/([^/]+)/resend", set()),
    ("GET", "/suppressions", {"address", "list", "limit", "cursor"}),
    ("DELETE", "/suppressions", {"address"}),
    ("DELETE", "/recipients", {"address"}),
    ("GET", "/metrics", {"from", "to", "stream", "tag", "template"}),
)


@dataclass(frozen=True)
class Call:
    """A call that the API took."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class FakeAPI:
    """Answers each call with the next of `replies`; the last one is repeated."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    """Files that were uploaded, or that can be downloaded, by their path."""

    authorizations: list[str] = field(default_factory=list)

    def reply(self, *documents: Any, status: int = 200, **headers: str) -> None:
        """Add the answers to the next calls."""
        for document in documents:
            body = b"" if document is None else json.dumps(document).encode()
            self.replies.append(Reply(status, body, headers))

    def cut(self) -> None:
        """Let the next call end without an answer."""
        self.replies.append(Reply(0, is_cut=True))

    def answer(self, request: Received) -> Reply:
        """Return the answer to a request; 403, 404 or 422 to one that is wrong."""
        url = urlsplit(request.target)
        if url.path.startswith("/files/"):
            return self._file(request, url.path)
        self.authorizations.append(request.headers.get("authorization", ""))
        if not _is_signed(self.url + request.target, request):
            return _error(403, "Forbidden")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        allowed = [
            names
            for method, path, names in ROUTES
            if method == request.method and re.fullmatch(path, url.path)
        ]
        if not allowed:
            return _error(404, "Not Found")
        if unknown := sorted(query.keys() - allowed[0]):
            return _error(422, f"unknown query parameter {unknown}")
        body = json.loads(request.body) if request.body else None
        self.calls.append(Call(request.method, url.path, query, dict(request.headers), body))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def _file(self, request: Received, path: str) -> Reply:
        if request.method == "PUT":
            self.files[path] = request.body
            return Reply(200)
        return Reply(200, self.files[path]) if path in self.files else Reply(404)


@contextmanager
def running_api() -> Iterator[FakeAPI]:
    """Run the API until the end of the block."""
    api = FakeAPI()
    with serving(api.answer) as server:
        api.url = server.url
        yield api


def _error(status: int, message: str) -> Reply:
    return Reply(status, json.dumps({"message": message}).encode())


def _is_signed(url: str, request: Received) -> bool:
    match = re.fullmatch(
        rf"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/\d{{8}}/{REGION}/execute-api/aws4_request, "
        r"SignedHeaders=([\w;-]+), Signature=(\w+)",
        request.headers.get("authorization", ""),
    )
    if match is None:
        return False
    headers = {name: request.headers[name] for name in match[1].split(";") if name != "host"}
    signed = AWSRequest(request.method, url, data=request.body, headers=headers)
    signed.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "execute-api", REGION)
    text = auth.string_to_sign(signed, auth.canonical_request(signed))
    return bool(auth.signature(text, signed) == match[2])


def email(email_id: str = "order-1", **fields: Any) -> dict[str, Any]:
    """Return an email as a list of emails has it."""
    return {
        "email_id": email_id,
        "created_at": "2026-12-01T10:00:00+00:00",
        "from_email": "orders@example.com",
        "subject": "Order 1",
        "template_id": None,
        "template_version": None,
        "tags": [],
        "metadata": {},
        "stream": "transactional",
        "sensitive": False,
        "state": "delivered",
        "counts": {"delivered": 1},
        "recipient_count": 1,
        "recipients": ["bob@example.org"],
        "recipient": None,
        "send_at": None,
        "resent_from": None,
        "has_content": False,
    } | fields


def view(email_id: str = "order-1", **fields: Any) -> dict[str, Any]:
    """Return an email as GET /emails/{email_id} has it."""
    return {
        "email_id": email_id,
        "state": "bounced",
        "counts": {"bounced": 1},
        "opens": 0,
        "clicks": 0,
        "email": {
            "created_at": "2026-12-01T10:00:00+00:00",
            "from_email": "orders@example.com",
            "subject": "Order 1",
            "sensitive": False,
            "template_id": None,
            "tags": ["order"],
            "metadata": {"order_id": "1"},
            "recipient_count": 1,
            "stream": "transactional",
            "send_at": None,
            "expires_at": None,
            "errors": [],
        },
        "recipients": [
            {
                "address": "bob@example.org",
                "state": "bounced",
                "message_id": "0100-1",
                "error_code": "Permanent/General",
                "error_message": "smtp; 550 5.1.1 user unknown",
                "opens": 0,
                "clicks": 0,
            }
        ],
        "recipients_next": None,
        "timeline": [
            {
                "at": "2026-12-01T10:00:01.250000+00:00",
                "kind": "bounce",
                "recipient": "bob@example.org",
                "message_id": "0100-1",
                "details": {"type": "Permanent", "status": "5.1.1"},
            }
        ],
        "is_truncated": False,
    } | fields
