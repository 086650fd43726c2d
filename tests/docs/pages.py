"""The documentation as the tests read it: pages, links, anchors and code blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCS", "PAGES", "ROOT", "Page"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FOLDERS = (".", "docs", "events", "local")
"""Folders with Markdown for readers."""

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
NOT_IN_A_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Page:
    """A Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """The path below the repository."""
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        return self.path.read_text()

    @property
    def prose(self) -> str:
        """The text without code blocks."""
        return FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        return [inline or image for inline, image in LINK.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """The anchors of the headings, as GitHub and the site make them."""
        plain = (heading.replace("`", "").lower() for heading in HEADING.findall(self.prose))
        return {NOT_IN_A_SLUG.sub("", heading).replace(" ", "-") for heading in plain}

    def blocks(self, language: str) -> list[str]:
        """The code blocks in a language."""
        return [code for _, name, code in FENCE.findall(self.text) if name == language]

    def codes(self) -> set[str]:
        """Everything in backticks, outside of code blocks."""
        return set(re.findall(r"`([^`\n]+)`", self.prose))


PAGES = [
    Page(path)
    for path in sorted(file for folder in FOLDERS for file in (ROOT / folder).glob("*.md"))
]
