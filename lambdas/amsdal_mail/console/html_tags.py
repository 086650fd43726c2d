"""Finds and edits the start tags of an HTML text. All other characters stay as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from itertools import accumulate
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Attribute", "Edit", "Tag", "apply_edits", "start_tags"]

ATTRIBUTE = re.compile(r"""[\s/]+([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a start tag.

    `start` to `end` is its place in the HTML, with the white space before it.
    """

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag. `end` is the index after its `>`."""

    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...]

    def get(self, name: str) -> Attribute | None:
        """Return the first attribute of that name, which is the attribute that browsers use."""
        return next((attribute for attribute in self.attributes if attribute.name == name), None)


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the HTML from `start` to `end` by `text`."""

    start: int
    end: int
    text: str = ""


def start_tags(html: str) -> list[Tag]:
    """Return all start tags in their order, without those in comments, scripts and styles."""
    reader = _Reader(html)
    reader.feed(html)
    reader.close()
    return reader.tags


def apply_edits(html: str, edits: Iterable[Edit]) -> str:
    """Return the text with all edits. Edits may not overlap; two may begin at one place."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += [html[at : edit.start], edit.text]
        at = edit.end
    return "".join([*pieces, html[at:]])


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[Tag] = []
        lengths = (len(line) + 1 for line in html.split("\n"))
        self._lines = [0, *accumulate(lengths)]

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        start, source = self._lines[line - 1] + column, self.get_starttag_text() or ""
        attributes = _attributes(source, len(tag) + 1, start)
        self.tags.append(Tag(tag, start, start + len(source), attributes))


def _attributes(source: str, after_name: int, start: int) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            match.group(1).lower(),
            unescape(_unquoted(match.group(2) or "")),
            start + match.start(),
            start + match.end(),
        )
        for match in ATTRIBUTE.finditer(source, after_name)
    )


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in {'"', "'"} else value
