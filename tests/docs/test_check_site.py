"""The check of the built site finds the files that a page loads from another host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.check_site import foreign_loads, main


@pytest.mark.parametrize(
    "content",
    [
        '<script src="https://cdn.example.com/a.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.com/a.css">',
        '<img src="https://example.com/pixel.gif">',
    ],
    ids=["script", "style", "image"],
)
def test_load_from_another_host_is_found(content: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(content)

    assert len(foreign_loads(tmp_path)) == 1
    assert main(tmp_path) == 1


def test_font_in_a_style_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face { src: url(https://fonts.example.com/a.woff2) }")

    assert len(foreign_loads(tmp_path)) == 1


def test_links_and_files_of_the_site_are_not_counted(tmp_path: Path) -> None:
    page = '<script src="a.js"></script><a href="https://docs.aws.amazon.com/">AWS</a>'
    (tmp_path / "index.html").write_text(page)

    assert foreign_loads(tmp_path) == []
    assert main(tmp_path) == 0
