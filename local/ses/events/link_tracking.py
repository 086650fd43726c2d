"""Open and click tracking in HTML: the pixel, the links to the simulator, SES's own attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from local.ses.messages import Link
from local.ses.mime.html_tags import Edit, apply_edits, start_tags

if TYPE_CHECKING:
    from local.ses.mime.html_tags import Attribute, Tag

MAX_LINKS = 250
_PLACEHOLDER = re.compile(r"\{\{\s*ses:openTracker\s*\}\}")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/]", re.IGNORECASE)
# Browsers drop these inside of an address.
_DROPPED = str.maketrans("", "", "\t\r\n")


@dataclass(frozen=True, slots=True)
class Tracking:
    """What a configuration set's event destinations ask for; `base` is where links lead to."""

    base: str
    opens: bool = False
    clicks: bool = False


@dataclass(slots=True)
class TrackedHTML:
    """An HTML text as its recipients get it; a link's number is its place in `links`."""

    html: str
    links: list[Link] = field(default_factory=list)


def track_html(html: str, message_id: str, tracking: Tracking) -> TrackedHTML:
    """Track as asked. The first `{{ses:openTracker}}` is the pixel's place, the others go."""
    result = _with_links(html, message_id, tracking) if tracking.clicks else TrackedHTML(html)
    result.html = _with_pixel(result.html, message_id, tracking)
    return result


def count_placeholders(html: str | None) -> int:
    """How many `{{ses:openTracker}}` a text holds."""
    return len(_PLACEHOLDER.findall(html or ""))


def _with_links(html: str, message_id: str, tracking: Tracking) -> TrackedHTML:
    links: list[Link] = []
    edits: list[Edit] = []
    for tag in start_tags(html):
        if tag.name != "a":
            continue
        # Neither attribute is HTML: SES takes both away.
        own = [one for one in tag.attributes if one.name in {"ses:tags", "ses:no-track"}]
        edits += [Edit(one.start, one.end) for one in own]
        if (href := _trackable(tag)) and len(links) < MAX_LINKS:
            url = href.value.translate(_DROPPED).strip()
            links.append(Link(url, _link_tags(tag.get("ses:tags"))))
            to = f"{tracking.base}/L0/{quote(url, safe=':')}/{len(links) - 1}/{message_id}"
            edits.append(Edit(href.start, href.end, f' href="{escape(to)}"'))
    return TrackedHTML(apply_edits(html, edits), links)


def _trackable(tag: Tag) -> Attribute | None:
    href = tag.get("href")
    if tag.get("ses:no-track") or href is None:
        return None
    return href if _WEB.match(href.value.translate(_DROPPED).strip()) else None


def _link_tags(attribute: Attribute | None) -> dict[str, list[str]] | None:
    """`a:b;c:d;` as SES's map of lists; None without any."""
    tags: dict[str, list[str]] = {}
    for pair in (attribute.value if attribute else "").split(";"):
        name, colon, value = pair.strip().partition(":")
        if name and colon:
            tags.setdefault(name.strip(), []).append(value.strip())
    return tags or None


def _with_pixel(html: str, message_id: str, tracking: Tracking) -> str:
    place = _PLACEHOLDER.search(html)
    if not tracking.opens:
        return _PLACEHOLDER.sub("", html)
    source = escape(f"{tracking.base}/I0/{message_id}")
    pixel = f'<img alt="" src="{source}" style="display: block; width: 1px; height: 1px;">'
    if place:
        return html[: place.start()] + pixel + _PLACEHOLDER.sub("", html[place.end() :])
    ends = [found.start() for found in _BODY_END.finditer(html)]
    at = ends[-1] if ends else len(html)
    return html[:at] + pixel + html[at:]
