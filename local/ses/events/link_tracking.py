"""Open and click tracking in HTML: the pixel, links to the simulator, the attributes of SES.

https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from amsdal_mail.console.html_tags import Edit, apply_edits, start_tags
from local.ses.messages import Link

if TYPE_CHECKING:
    from amsdal_mail.console.html_tags import Attribute, Tag

__all__ = ["MAX_LINKS", "TrackedHTML", "Tracking", "count_placeholders", "track_html"]

MAX_LINKS = 250
PLACEHOLDER = re.compile(r"\{\{\s*ses:openTracker\s*\}\}")
BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
WEB_LINK = re.compile(r"https?://[^/]", re.IGNORECASE)
IGNORED_CHARACTERS = str.maketrans("", "", "\t\r\n")
"""Browsers remove these characters from a URL."""
SES_ATTRIBUTES = frozenset({"ses:tags", "ses:no-track"})


@dataclass(frozen=True, slots=True)
class Tracking:
    """What the event destinations of a configuration set ask for. `base` is the URL of links."""

    base: str
    opens: bool = False
    clicks: bool = False


@dataclass(slots=True)
class TrackedHTML:
    """An HTML text as its recipients get it. The number of a link is its index in `links`."""

    html: str
    links: list[Link] = field(default_factory=list)


def track_html(html: str, message_id: str, tracking: Tracking) -> TrackedHTML:
    """Add the pixel and rewrite the links, as `tracking` asks for.

    The pixel replaces the first `{{ses:openTracker}}`; the other placeholders are removed.
    """
    result = _with_links(html, message_id, tracking) if tracking.clicks else TrackedHTML(html)
    result.html = _with_pixel(result.html, message_id, tracking)
    return result


def count_placeholders(html: str | None) -> int:
    """Return the number of `{{ses:openTracker}}` in a text."""
    return len(PLACEHOLDER.findall(html or ""))


def _with_links(html: str, message_id: str, tracking: Tracking) -> TrackedHTML:
    links: list[Link] = []
    edits: list[Edit] = []
    for tag in start_tags(html):
        if tag.name != "a":
            continue
        # SES removes its own attributes from the HTML.
        edits += [Edit(at.start, at.end) for at in tag.attributes if at.name in SES_ATTRIBUTES]
        if (href := _trackable(tag)) and len(links) < MAX_LINKS:
            url = href.value.translate(IGNORED_CHARACTERS).strip()
            links.append(Link(url, _link_tags(tag.get("ses:tags"))))
            target = f"{tracking.base}/L0/{quote(url, safe=':')}/{len(links) - 1}/{message_id}"
            edits.append(Edit(href.start, href.end, f' href="{escape(target)}"'))
    return TrackedHTML(apply_edits(html, edits), links)


def _trackable(tag: Tag) -> Attribute | None:
    href = tag.get("href")
    if tag.get("ses:no-track") or href is None:
        return None
    return href if WEB_LINK.match(href.value.translate(IGNORED_CHARACTERS).strip()) else None


def _link_tags(attribute: Attribute | None) -> dict[str, list[str]] | None:
    """Return `a:b;c:d;` as the map of lists that SES sends, None without a tag."""
    tags: dict[str, list[str]] = {}
    for pair in (attribute.value if attribute else "").split(";"):
        name, colon, value = pair.strip().partition(":")
        if name and colon:
            tags.setdefault(name.strip(), []).append(value.strip())
    return tags or None


def _with_pixel(html: str, message_id: str, tracking: Tracking) -> str:
    placeholder = PLACEHOLDER.search(html)
    if not tracking.opens:
        return PLACEHOLDER.sub("", html)
    source = escape(f"{tracking.base}/I0/{message_id}")
    pixel = f'<img alt="" src="{source}" style="display: block; width: 1px; height: 1px;">'
    if placeholder:
        before, after = html[: placeholder.start()], html[placeholder.end() :]
        return before + pixel + PLACEHOLDER.sub("", after)
    body_ends = [match.start() for match in BODY_END.finditer(html)]
    at = body_ends[-1] if body_ends else len(html)
    return html[:at] + pixel + html[at:]
