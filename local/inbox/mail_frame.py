"""A message's HTML for the frame that shows it: a document that can do nothing but be looked at.

The browser keeps it in: the frame is sandboxed (no scripts, forms, navigation of the page, no
origin) and the policy sent with it loads nothing but the message's own images and its pixel. What
is changed in the HTML only makes links and inline images work inside of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.ses.mime.html_tags import Edit, apply_edits, start_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.ses.mime.html_tags import Tag

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_GONE = frozenset({"base", "link", "meta"})
_LINKS = frozenset({"a", "area"})
_SOURCES = ("src", "background")


def policy(*image_sources: str) -> str:
    """The Content-Security-Policy of a framed document; images come from these places only."""
    images = " ".join(("data:", *image_sources))
    return (
        f"default-src 'none'; img-src {images}; style-src 'unsafe-inline'; form-action 'none'; "
        f"base-uri 'none'; frame-ancestors 'self'; sandbox {SANDBOX}"
    )


def framed(html: str, inline_images: Mapping[str, str]) -> str:
    """Links open in a new tab that knows nothing of this one; `cid:` images come from here."""
    edits = [edit for tag in start_tags(html) for edit in _edits(tag, inline_images)]
    return apply_edits(html, edits)


def _edits(tag: Tag, inline_images: Mapping[str, str]) -> Iterator[Edit]:
    if tag.name in _GONE:
        yield Edit(tag.start, tag.end)
        return
    if tag.name in _LINKS:
        yield from (Edit(one.start, one.end) for one in tag.attributes if one.name in _REPLACED)
        name_end = tag.start + 1 + len(tag.name)
        yield Edit(name_end, name_end, ' target="_blank" rel="noopener noreferrer nofollow"')
    for one in tag.attributes:
        scheme, _, content_id = one.value.partition(":")
        if one.name in _SOURCES and scheme.lower() == "cid" and content_id in inline_images:
            yield Edit(one.start, one.end, f' {one.name}="{inline_images[content_id]}"')


_REPLACED = frozenset({"target", "rel", "ping"})
