"""Reads the query strings of lists: filters, the size of a page, and where it begins.

A cursor is base64url of JSON: its version, a digest of the filters, and a position. Nobody needs to
read it, and a changed one shows nothing that the filters do not allow.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from amsdal_mail.addresses import parse_address
from amsdal_mail.exceptions import FieldError, InvalidMessageError
from amsdal_mail.message.moments import read_moment
from amsdal_mail.stream import Stream
from email_store.search import EmailQuery, Position
from email_store.states import EmailState

__all__ = [
    "DEFAULT_LIMIT",
    "EMAIL_PARAMETERS",
    "MAX_LIMIT",
    "SERVICE",
    "SES",
    "SUPPRESSION_PARAMETERS",
    "QueryReader",
    "cursor_error",
    "list_name",
    "read_filters",
    "write_cursor",
]

T = TypeVar("T")
Query = Mapping[str, str]

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
EMAIL_PARAMETERS = (
    "recipient", "from", "to", "state", "tag", "template", "stream", "limit", "cursor",
)  # fmt: skip
SUPPRESSION_PARAMETERS = ("list", "limit", "cursor")
SERVICE, SES = "service", "ses"
"""The suppression lists."""
VERSION = 1
LONGEST_CURSOR = 8_000
"""Characters. API Gateway takes 10,240 bytes of a request line and headers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""
LONGEST_KEY = 1_024
"""Bytes of a sort key of DynamoDB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)

UNKNOWN = "is not a parameter of this route"
EMPTY = "must have a value"
LIMIT_RULE = f"must be an integer from 1 to {MAX_LIMIT}"
TIME_RULE = (
    "must be a date such as 2026-12-01, or a date and a time with an offset from UTC, such as"
    " 2026-12-01T09:30:00+01:00 (RFC 3339)"
)
ORDER_RULE = "must be before to"
CURSOR_RULE = "must be the next_cursor of a page with the same filters"


def cursor_error() -> InvalidMessageError:
    """Return the error of a cursor that is not one of these filters."""
    return InvalidMessageError.for_field("cursor", CURSOR_RULE)


class QueryReader:
    """Reads one query string, and collects its errors."""

    def __init__(self, query: Query, known: Collection[str]) -> None:
        self._query = query
        self._errors = [FieldError(name, UNKNOWN) for name in query if name not in known]
        self._errors += [
            FieldError(name, EMPTY) for name, value in query.items() if name in known and not value
        ]

    def check(self) -> None:
        """Raise the errors, if there are any.

        Raises:
            InvalidMessageError: names every parameter that is unknown or invalid.
        """
        if self._errors:
            raise InvalidMessageError(self._errors)

    def add_error(self, name: str, rule: str) -> None:
        """Add an error of a parameter."""
        self._errors.append(FieldError(name, rule))

    def read(self, name: str, read: Callable[[str], T]) -> T | None:
        """Return the value of a parameter; None when it is missing or `read` raises ValueError."""
        text = self._query.get(name)
        if not text:
            return None
        try:
            return read(text)
        except ValueError as error:
            self.add_error(name, str(error))
            return None

    def limit(self) -> int:
        """Return the size of a page."""
        return self.read("limit", _limit) or DEFAULT_LIMIT

    def position(self, filters: object) -> Position | None:
        """Return the position in the cursor; None for the first page."""
        return self.read("cursor", lambda text: _position(_cursor_content(text, filters)))

    def entry(self, filters: object) -> Position | None:
        """Return the position in the cursor, which must be after an entry; None as `position`."""
        position = self.position(filters)
        if position is not None and not position.partition:
            self.add_error("cursor", CURSOR_RULE)
        return position

    def token(self, filters: object) -> str | None:
        """Return the token of SES in the cursor; None for the first page."""
        return self.read("cursor", lambda text: _token(_cursor_content(text, filters)))


def read_filters(reader: QueryReader) -> EmailQuery:
    """Return the filters of a search for emails."""
    query = EmailQuery(
        recipient=reader.read("recipient", _address),
        since=reader.read("from", lambda text: _moment(text, is_end=False)),
        until=reader.read("to", lambda text: _moment(text, is_end=True)),
        state=reader.read("state", lambda text: _one_of(EmailState, text)),
        tag=reader.read("tag", str),
        template_id=reader.read("template", str),
        stream=reader.read("stream", lambda text: _one_of(Stream, text)),
    )
    if query.since and query.until and query.since >= query.until:
        reader.add_error("from", ORDER_RULE)
    return query


def list_name(text: str) -> str:
    """Return the name of a suppression list.

    Raises:
        ValueError: there is no such list.
    """
    if text not in {SERVICE, SES}:
        raise ValueError(f"must be {SERVICE} or {SES}")
    return text


def write_cursor(filters: object, position: Position | None, content: Any = None) -> str | None:
    """Return the cursor of a next page: at a position, or with other content. None for no page."""
    if position is not None:
        content = [position.at.isoformat(), *position[1:]]
    if content is None:
        return None
    document = {"v": VERSION, "q": _digest(filters), "p": content}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _digest(filters: object) -> str:
    return hashlib.sha256(repr(filters).encode(errors="surrogatepass")).hexdigest()[:16]


def _cursor_content(text: str, filters: object) -> list[Any]:
    document = None
    if len(text) <= LONGEST_CURSOR and text.isascii():
        with suppress(ValueError, RecursionError):
            document = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(document, dict) or document.keys() != {"v", "q", "p"}:
        raise ValueError(CURSOR_RULE)
    is_same = document["v"] == VERSION and document["q"] == _digest(filters)
    if not is_same or not isinstance(document["p"], list):
        raise ValueError(CURSOR_RULE)
    return document["p"]


def _position(content: list[Any]) -> Position:
    match content:
        case [str(at), str(partition), str(sort_key), list(seen)]:
            keys = [partition, sort_key, *seen]
            if all(map(_is_key, keys)) and bool(partition) == bool(sort_key):
                return Position(_utc(at), partition, sort_key, tuple(seen))
    raise ValueError(CURSOR_RULE)


def _token(content: list[Any]) -> str:
    match content:
        case [str(token)] if token and token.isprintable():
            return token
    raise ValueError(CURSOR_RULE)


def _is_key(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value.encode()) <= LONGEST_KEY
    except UnicodeEncodeError:
        return False


def _utc(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        is_written_so = moment.utcoffset() == timedelta() and moment.isoformat() == text
    except (ValueError, OverflowError):
        is_written_so = False
    if not is_written_so:
        raise ValueError(CURSOR_RULE)
    return moment


def _address(text: str) -> str:
    # API Gateway may read a plus as a space, as HTML forms do. No address has a space.
    return parse_address(text.replace(" ", "+")).addr_spec


def _moment(text: str, *, is_end: bool) -> datetime:
    """Return a moment of a window. A date is its first moment, or the first after it."""
    try:
        if not DATE.fullmatch(text):
            return read_moment(text.replace(" ", "+"))
        day = date.fromisoformat(text) + timedelta(days=1 if is_end else 0)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(TIME_RULE) from error


def _one_of(values: type[T], text: str) -> T:
    try:
        return values(text)  # type: ignore[call-arg]
    except ValueError as error:
        names = ", ".join(sorted(values))  # type: ignore[call-overload]
        raise ValueError(f"must be one of {names}") from error


def _limit(text: str) -> int:
    if not LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise ValueError(LIMIT_RULE)
    return int(text)
