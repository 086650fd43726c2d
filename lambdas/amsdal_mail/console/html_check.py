"""The check of a message: what mail programs show badly, found without loading anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from amsdal_mail.console.html_tags import start_tags
from amsdal_mail.console.mail_frame import content_ids
from amsdal_mail.console.values import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amsdal_mail.console.html_tags import Tag
    from amsdal_mail.console.values import Content

__all__ = ["check"]

GMAIL_CLIPS = 102_000
"""Bytes of HTML after which Gmail hides the rest.

https://support.google.com/mail/answer/1257591
"""
LARGE_IMAGE = 200_000
LARGE_MESSAGE = 1_000_000
SHOWN = 8
"""Examples that a remark names."""
SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms"})
PLACEHOLDER = re.compile(r"\{\{[^{}]{1,80}\}\}")
SCRIPTED = frozenset({"script", "form", "video", "audio", "iframe", "object", "embed"})


def check(content: Content) -> tuple[Notice, ...]:
    """Return the remarks about a message, the worst first. A good message has one that says so."""
    remarks = [*_parts(content), *_files(content)]
    if content.html is not None:
        tags = start_tags(content.html)
        remarks += [*_links(tags), *_images(tags, content), *_document(content.html, tags)]
    order = {"bad": 0, "warn": 1, "calm": 2}
    remarks.sort(key=lambda remark: order[remark.tone])
    if not any(remark.tone in {"bad", "warn"} for remark in remarks):
        remarks.insert(0, Notice("Nothing found.", "Links, images and parts look right.", "good"))
    return tuple(remarks)


def _parts(content: Content) -> Iterator[Notice]:
    if content.html is not None and not (content.text or "").strip():
        yield Notice(
            "No text part.", "Some programs show only text, and spam filters expect it.", "warn"
        )
    for name, part in (("subject", content.subject), ("text", content.text),
                       ("HTML", content.html)):  # fmt: skip
        if found := PLACEHOLDER.findall(part or ""):
            where = _some(found)
            yield Notice("A placeholder was not replaced.", f"In the {name}: {where}", "bad")


def _files(content: Content) -> Iterator[Notice]:
    large = [file for file in content.files if file.content_id and file.size > LARGE_IMAGE]
    if large:
        names = _some([f"{file.name or file.content_id} ({file.size:,} bytes)" for file in large])
        yield Notice("Large inline images.", names, "warn")
    total = sum(file.size for file in content.files)
    if total > LARGE_MESSAGE:
        yield Notice("Large attachments.", f"{total:,} bytes in all.", "calm")


def _links(tags: list[Tag]) -> Iterator[Notice]:
    addresses = [href.value.strip() for tag in tags if tag.name in {"a", "area"}
                 if (href := tag.get("href"))]  # fmt: skip
    dead = [address or "(empty)" for address in addresses if not _leads_somewhere(address)]
    if dead:
        yield Notice("Links that lead nowhere.", _some(dead), "bad")
    plain = [address for address in addresses if address.lower().startswith("http:")]
    if plain:
        yield Notice("Links without TLS.", _some(plain), "warn")
    if addresses:
        hosts = sorted({host for address in addresses if (host := _host(address))})
        count = "1 link." if len(addresses) == 1 else f"{len(addresses)} links."
        yield Notice(count, f"To {_some(hosts)}" if hosts else "", "calm")


def _images(tags: list[Tag], content: Content) -> Iterator[Notice]:
    images = [tag for tag in tags if tag.name == "img"]
    known = {file.content_id for file in content.files if file.content_id}
    shown = content_ids(content.html or "")
    if dead := sorted(shown - known):
        names = _some([f"cid:{name}" for name in dead])
        yield Notice("Inline images that are not attached.", names, "bad")
    if count := sum(tag.get("alt") is None for tag in images):
        text = f"{count} of {len(images)} images. It is read aloud, and shown while images are off."
        yield Notice("Images without an alt text.", text, "warn")
    unsized = [tag for tag in images if tag.get("width") is None and tag.get("height") is None]
    if unsized:
        text = f"{len(unsized)} of {len(images)} images. Outlook shows them in their own size."
        yield Notice("Images without width and height.", text, "warn")
    unused = [file for file in content.files
              if file.content_id and file.content_id not in shown
              and file.content_type.startswith("image/")]  # fmt: skip
    if unused:
        names = _some([file.name or str(file.content_id) for file in unused])
        yield Notice("Inline images that the HTML does not show.", names, "calm")


def _document(html: str, tags: list[Tag]) -> Iterator[Notice]:
    size = len(html.encode("utf-8", "replace"))
    if size > GMAIL_CLIPS:
        text = f"The HTML has {size:,} bytes; 102 kB fit."
        yield Notice("Gmail clips this message.", text, "warn")
    if active := sorted({tag.name for tag in tags} & SCRIPTED):
        yield Notice("Elements that mail programs remove.", _some(active), "warn")
    if any(tag.name == "link" and (rel := tag.get("rel")) and "stylesheet" in rel.value.lower()
           for tag in tags):  # fmt: skip
        yield Notice("A style sheet is linked.", "Mail programs do not load it.", "warn")


def _leads_somewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme.lower() in {"http", "https"}:
        host = parts.hostname or ""
        return "." in host or host == "localhost"
    return parts.scheme.lower() in SCHEMES and bool(parts.path)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _some(names: list[str]) -> str:
    unique = list(dict.fromkeys(name[:120] for name in names))
    more = f" and {len(unique) - SHOWN} more" if len(unique) > SHOWN else ""
    return ", ".join(unique[:SHOWN]) + more
