"""The names that the glossary gives for its words exist in the code."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS, ROOT, Page

PAGE = Page(DOCS / "glossary.md")
SOURCES = "\n".join(
    path.read_text()
    for folder in ("lambdas", "infra", "local")
    for path in (ROOT / folder).rglob("*.py")
)
FILES = {
    ".".join(path.relative_to(ROOT / base).with_suffix("").parts).removesuffix(".__init__")
    for base in ("lambdas", ".")
    for folder in ("amsdal_mail", "email_store", "send_email", "track_events", "infra", "local")
    for path in (ROOT / base / folder).rglob("*.py")
}
CODE = [
    name
    for part in re.findall(r"^\*Code:\*(.+?)(?=\n\n|\Z)", PAGE.text, re.MULTILINE | re.DOTALL)
    for name in re.findall(r"`([^`]+)`", part)
]


@pytest.mark.parametrize("name", sorted(set(CODE)))
def test_name_in_the_glossary_exists_in_the_code(name: str) -> None:
    if name.startswith("make "):
        assert re.search(rf"^{name[5:]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    else:
        last = name.rpartition(".")[2]
        assert name in FILES or re.search(rf"\b{re.escape(last)}\b", SOURCES)


def test_glossary_names_are_found() -> None:
    assert len(CODE) > 60
