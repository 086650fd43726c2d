"""Where the browser of these tests is looked for."""

from pathlib import Path

import pytest

from tests.browser.chromium import find


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "chromium-browser"
    path.touch(mode=0o755)
    return path


def test_the_named_one_stands_before_the_usual_names(program: Path) -> None:
    assert find({"CHROMIUM": str(program), "PATH": ""}) == str(program)
    assert find({"CHROMIUM": f"{program}-2", "PATH": str(program.parent)}) is None


def test_usual_names_and_places_are_looked_for(program: Path) -> None:
    assert find({"PATH": str(program.parent)}, places=()) == str(program)
    assert find({"PATH": ""}, places=[str(program)]) == str(program)
    assert find({"PATH": ""}, places=()) is None
