"""Every link inside the documentation leads somewhere, and every page can be found."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, Page

LINKS = [
    (page, link) for page in PAGES for link in page.links if not re.match("https?:|mailto:", link)
]
FOLDERS = ("lambdas", "infra", "local", "tests", "docs", "events", "examples")
FILES = {
    *(f"/{path.name}" for path in ROOT.iterdir()),
    *(str(path) for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")),
}
SITE_PAGES = sorted(path.name for path in DOCS.glob("*.md"))


@pytest.mark.parametrize(("page", "link"), LINKS, ids=[f"{p.name}: {link}" for p, link in LINKS])
def test_link_leads_to_a_file_and_a_heading(page: Page, link: str) -> None:
    target, _, anchor = link.partition("#")
    path = (page.path.parent / target).resolve() if target else page.path

    assert path.exists()
    assert not anchor or anchor in Page(path).anchors


def test_pages_of_the_site_link_only_to_files_of_the_site() -> None:
    outside = [(p.name, link) for p, link in LINKS if p.path.parent == DOCS and ".." in link]

    assert outside == []


def test_files_that_the_pages_name_exist() -> None:
    named = {
        (page.name, code)
        for page in PAGES
        for code in page.codes()
        if re.fullmatch(r"[\w/]+\.(py|json|yml|yaml|txt)", code)
    }
    missing = [
        (page, file) for page, file in named if not any(path.endswith(f"/{file}") for path in FILES)
    ]

    assert len(named) > 20
    assert missing == []


@pytest.mark.parametrize("file", ["mkdocs.yml", "docs/llms.txt", "docs/index.md", "README.md"])
def test_every_page_is_listed(file: str) -> None:
    listed = (ROOT / file).read_text()
    exempt = {"index.md"} | ({"reference.md"} if file == "README.md" else set())

    assert [name for name in SITE_PAGES if name not in listed and name not in exempt] == []


def test_readme_is_short_and_ends_with_the_licence() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()

    assert len(lines) <= 150
    assert "licence" in lines[-1]
