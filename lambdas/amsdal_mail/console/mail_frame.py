"""Makes a document for the frame of a message from its HTML.

The browser isolates the document. The frame is sandboxed: no scripts, no forms, no origin, no
navigation of the page. Its policy loads only `data:` images and the pixel of the message. The
edits of the HTML only make links and inline images work inside of that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from amsdal_mail.console.html_tags import Edit, apply_edits, start_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amsdal_mail.console.html_tags import Attribute, Tag

__all__ = ["SANDBOX", "content_ids", "frame_height", "framed", "policy"]

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
REMOVED_TAGS = frozenset({"base", "link", "meta"})
LINK_TAGS = frozenset({"a", "area"})
IMAGE_ATTRIBUTES = ("src", "background")
SHORT_HTML = 20_000
TALL = 620
MARGIN, LINE_HEIGHT, LINE_LENGTH, UNKNOWN_IMAGE = 60, 26, 44, 150
"""Pixels around the text, of a line and of an image without a height; characters of a line."""
BLOCKS = frozenset(
    {"br", "p", "div", "h1", "h2", "h3", "h4", "li", "tr", "hr", "blockquote", "pre", "center"}
)
OTHER_CONTENT = frozenset({"style", "video", "iframe", "object", "embed", "svg", "textarea"})
"""Tags whose content can have any height."""
HIDDEN = re.compile(r"<(head|title|script)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
STYLED_HEIGHT = re.compile(r"(?<![\w-])height\s*:\s*(\d{1,5})px", re.ASCII | re.IGNORECASE)
NUMBER = re.compile(r"\s*(\d{1,5})", re.ASCII)
MARKUP = re.compile(r"<[^>]*>|\s{2,}")
REPLACED_ATTRIBUTES = frozenset({"target", "rel", "ping"})


def policy(*image_sources: str) -> str:
    """Return the Content-Security-Policy of a framed document, with the sources of its images."""
    images = " ".join(("data:", *image_sources))
    return (
        f"default-src 'none'; img-src {images}; style-src 'unsafe-inline'; form-action 'none'; "
        f"base-uri 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
    )


def framed(html: str, inline_images: Mapping[str, str]) -> str:
    """Return the HTML with links that open in a new tab and images of the message.

    The new tab has no opener and no referrer.
    """
    edits = [edit for tag in start_tags(html) for edit in _edits(tag, inline_images)]
    return apply_edits(html, edits)


def content_ids(html: str) -> frozenset[str]:
    """Return the Content-IDs that the HTML names as the source of an image."""
    return frozenset(
        content_id
        for tag in start_tags(html)
        for attribute in tag.attributes
        if attribute.name in IMAGE_ATTRIBUTES and (content_id := _content_id(attribute))
    )


def frame_height(html: str) -> int | None:
    """Return about how many pixels a short message needs, None for a long one.

    The page cannot measure a frame without an origin. A message that needs more can be scrolled.
    """
    tags = start_tags(html)
    if len(html) > SHORT_HTML or any(tag.name in OTHER_CONTENT for tag in tags):
        return None
    text = MARKUP.sub("", HIDDEN.sub("", html))
    lines = len(text) // LINE_LENGTH + sum(tag.name in BLOCKS for tag in tags)
    images = sum(_image_height(tag) for tag in tags if tag.name == "img")
    height = MARGIN + LINE_HEIGHT * lines + images
    return height if height < TALL else None


def _image_height(tag: Tag) -> int:
    """Return the height that the HTML gives an image, in pixels."""
    height, style = tag.get("height"), tag.get("style")
    styled = STYLED_HEIGHT.search(style.value) if style else None
    number = NUMBER.match(height.value) if height else None
    found = styled or number
    return min(int(found[1]), TALL) if found else UNKNOWN_IMAGE


def _content_id(attribute: Attribute) -> str:
    scheme, _, content_id = attribute.value.partition(":")
    return content_id if scheme.strip().lower() == "cid" else ""


def _edits(tag: Tag, inline_images: Mapping[str, str]) -> Iterator[Edit]:
    if tag.name in REMOVED_TAGS:
        yield Edit(tag.start, tag.end)
        return
    if tag.name in LINK_TAGS:
        for attribute in tag.attributes:
            if attribute.name in REPLACED_ATTRIBUTES:
                yield Edit(attribute.start, attribute.end)
        name_end = tag.start + 1 + len(tag.name)
        yield Edit(name_end, name_end, ' target="_blank" rel="noopener noreferrer nofollow"')
    for attribute in tag.attributes:
        content_id = _content_id(attribute)
        if content_id in inline_images and attribute.name in IMAGE_ATTRIBUTES:
            text = f' {attribute.name}="{inline_images[content_id]}"'
            yield Edit(attribute.start, attribute.end, text)
