"""docs/templates.md prints the versions that the folder emails/ has."""

from __future__ import annotations

from dataclasses import replace

from amsdal_mail.cli.templates.engine import Engine
from amsdal_mail.cli.templates.folder import read_folder
from amsdal_mail.cli.templates.names import version_of
from tests.docs.pages import DOCS, ROOT, Page

PAGE = Page(DOCS / "templates.md")


def test_versions_of_the_page_are_those_of_the_folder() -> None:
    with Engine() as engine:
        order, reset = read_folder(ROOT / "emails", [], engine)
    changed = replace(reset.content, subject="Your new {{shop}} password")

    for content in (order.content, reset.content, changed):
        assert version_of(content) in PAGE.text
