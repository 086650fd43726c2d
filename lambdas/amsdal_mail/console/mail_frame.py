"""Makes a document for the frame of a message from its HTML.

The browser isolates the document. The frame is sandboxed: no scripts, no forms, no origin, no
navigation of the page. Its policy loads only the images of the message and its pixel. The edits
of the HTML only make links and inline images work inside of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.console.html_tags import Edit, apply_edits, start_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from amsdal_mail.console.html_tags import Tag

__all__ = ["SANDBOX", "framed", "policy"]

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
REMOVED_TAGS = frozenset({"base", "link", "meta"})
LINK_TAGS = frozenset({"a", "area"})
IMAGE_ATTRIBUTES = ("src", "background")
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
        scheme, _, content_id = attribute.value.partition(":")
        is_inline = scheme.lower() == "cid" and content_id in inline_images
        if attribute.name in IMAGE_ATTRIBUTES and is_inline:
            text = f' {attribute.name}="{inline_images[content_id]}"'
            yield Edit(attribute.start, attribute.end, text)
