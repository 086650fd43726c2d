"""The values of templates: the three parts of SES, and a template as the folder has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PARTS", "Level", "Problem", "Template", "TemplateContent"]

PARTS = {"subject": "Subject", "text": "Text", "html": "Html"}
"""The parts of a template, with their names in SES."""


@dataclass(frozen=True, slots=True)
class TemplateContent:
    """The three parts of a template. A missing part is empty."""

    subject: str = ""
    text: str = ""
    html: str = ""

    @classmethod
    def from_ses(cls, content: Mapping[str, Any]) -> TemplateContent:
        """Read the `TemplateContent` of SES. Line breaks are as in the files of the folder."""
        texts = (content.get(name) or "" for name in PARTS.values())
        return cls(*(text.replace("\r\n", "\n") for text in texts))

    def to_ses(self) -> dict[str, str]:
        """Return the `TemplateContent` of SES, without the parts that are missing."""
        return {PARTS[part]: text for part, text in self.parts() if text}

    def parts(self) -> Iterator[tuple[str, str]]:
        """Return the three parts by name."""
        return ((part, getattr(self, part)) for part in PARTS)


Level = str
"""`error` or `warning`. A template with an error is not pushed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file of a template."""

    template: str
    file: str
    rule: str
    level: Level = "error"


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the folder, as far as it could be read."""

    name: str
    content: TemplateContent
    sample: Mapping[str, Any] = field(default_factory=dict)
    html_file: str = "html.html"
    problems: tuple[Problem, ...] = ()
    """What was wrong when the files were read."""
