"""The links and pictures of rendered HTML: what does not work in an email."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amsdal_mail.cli.templates.content import Level

__all__ = ["link_problems"]

TRACKED_LIMIT = 250
"""Links of a message that SES tracks: https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html."""
GOOD_SCHEMES = frozenset({"https", "mailto", "tel", "sms"})
PICTURE_SCHEMES = frozenset({"https", "cid"})
SHOWN = 80
"""Characters of an address that a problem shows."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[tuple[str, bool]] = []
        self.has_language = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.has_language = bool(values.get("lang"))
        if tag in {"a", "area"} and "href" in values:
            self.links.append((values["href"] or "").strip())
        if tag == "img":
            self.pictures.append(((values.get("src") or "").strip(), "alt" in values))


def link_problems(html: str) -> Iterator[tuple[str, Level]]:
    """Return the rules that rendered HTML breaks, each with its level."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if html and not reader.has_language:
        yield "<html> has no lang: a screen reader must guess the language", "warning"
    for link in dict.fromkeys(reader.links):
        problem = _link_problem(link)
        if problem:
            yield problem
    if len(reader.links) > TRACKED_LIMIT:
        yield f"has {len(reader.links)} links, and SES tracks {TRACKED_LIMIT}", "warning"
    for source, has_alt in dict.fromkeys(reader.pictures):
        scheme = _scheme(source)
        if scheme not in PICTURE_SCHEMES:
            yield f"the picture {_shown(source)} must be https:// or cid:", "error"
        if not has_alt:
            yield f"the picture {_shown(source)} has no alt text", "warning"


def _link_problem(link: str) -> tuple[str, Level] | None:
    scheme = _scheme(link)
    if scheme == "http":
        return f"the link {_shown(link)} is http://: use https://", "warning"
    if scheme not in GOOD_SCHEMES:
        return f"the link {_shown(link)} must begin with https://, mailto:, tel: or sms:", "error"
    if scheme == "https" and not _host(link):
        return f"the link {_shown(link)} has no host", "error"
    return None


def _scheme(address: str) -> str:
    before, colon, _ = address.partition(":")
    return before.lower() if colon else ""


def _host(link: str) -> str | None:
    try:
        return urlsplit(link).hostname
    except ValueError:
        return None


def _shown(address: str) -> str:
    return repr(address if len(address) <= SHOWN else f"{address[:SHOWN]}…")
