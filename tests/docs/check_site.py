"""Fails when a page of the site loads anything from another host: `check_site.py build/site`."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

__all__ = ["foreign_loads", "main"]

LOADS = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "srcset"}
FOREIGN = re.compile(r"(?:https?:)?//", re.IGNORECASE)
CSS_LOAD = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)", re.IGNORECASE)


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        value = dict(attrs).get(LOADS.get(tag, ""))
        if value and FOREIGN.match(value):
            self.urls.append(value)


def foreign_loads(site: Path) -> list[str]:
    """Return what pages and styles load from other hosts, each with its file."""
    loads = []
    for page in sorted(site.rglob("*.html")):
        parser = _Loads()
        parser.feed(page.read_text())
        loads += [f"{page.relative_to(site)}: {url}" for url in parser.urls]
    for style in sorted(site.rglob("*.css")):
        urls = CSS_LOAD.findall(style.read_text())
        loads += [f"{style.relative_to(site)}: {url}" for url in urls]
    return loads


def main(site: Path) -> int:
    """Return 1, and print what is loaded, when a page is not complete by itself."""
    pages, loads = list(site.rglob("*.html")), foreign_loads(site)
    for line in loads:
        print(line, file=sys.stderr)
    print(f"{site}: {len(pages)} pages, {len(loads)} loads from other hosts")
    return 0 if pages and not loads else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
