"""Changes to the start tags of an HTML text that leave every other character as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATTRIBUTE = re.compile(r"""[\s/]+([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>]*))?""")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a start tag; `start` to `end` is its source with the blank before it."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag; `end` is the place after its `>`."""

    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...]

    def get(self, name: str) -> Attribute | None:
        """The first attribute of that name, the one that browsers take."""
        return next((one for one in self.attributes if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in the place of the source from `start` to `end`."""

    start: int
    end: int
    text: str = ""


def start_tags(html: str) -> list[Tag]:
    """All start tags, in their order; none of comments, scripts and styles."""
    reader = _Reader(html)
    reader.feed(html)
    reader.close()
    return reader.tags


def apply_edits(html: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made. They may not overlap; two may begin at one place."""
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

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        line, column = self.getpos()
        start, source = self._lines[line - 1] + column, self.get_starttag_text() or ""
        attributes = _attributes(source, len(tag) + 1, start)
        self.tags.append(Tag(tag, start, start + len(source), attributes))


def _attributes(source: str, after_name: int, start: int) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            found.group(1).lower(),
            unescape(_unquoted(found.group(2) or "")),
            start + found.start(),
            start + found.end(),
        )
        for found in _ATTRIBUTE.finditer(source, after_name)
    )


def _unquoted(value: str) -> str:
    return value[1:-1] if value[:1] in {'"', "'"} else value
