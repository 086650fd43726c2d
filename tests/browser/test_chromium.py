"""The search for Chromium, and what happens without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import find, set_up, skip_reason

MISSING = {"PATH": ""}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "chromium-browser"
    path.touch(mode=0o755)
    return path


def test_named_browser_is_used_before_the_usual_names(program: Path) -> None:
    assert find({"CHROMIUM": str(program), "PATH": ""}) == str(program)
    assert find({"CHROMIUM": f"{program}-2", "PATH": str(program.parent)}) is None


def test_usual_names_and_places_are_searched(program: Path) -> None:
    assert find({"PATH": str(program.parent)}, places=()) == str(program)
    assert find(MISSING, places=[str(program)]) == str(program)
    assert find(MISSING, places=()) is None


@pytest.mark.parametrize(
    ("environment", "is_skipped"),
    [
        (MISSING, True),
        ({**MISSING, "CI": "true"}, False),
        ({**MISSING, "CHROMIUM": "/nowhere/chrome"}, False),
    ],
    ids=["by default", "under CI", "with a wrong CHROMIUM"],
)
def test_missing_browser_skips_the_tests_or_fails(
    environment: dict[str, str], is_skipped: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (skip_reason(environment, places=()) is not None) is is_skipped

    assert set_up(environment, None, places=()) == (0 if is_skipped else 1)

    output = capsys.readouterr()
    assert ("will be skipped" in output.out) is is_skipped
    assert ("/nowhere/chrome is not a program" in output.err) is ("CHROMIUM" in environment)


def test_found_browser_runs_the_tests(program: Path) -> None:
    assert skip_reason({**MISSING, "CI": "true"}, places=[str(program)]) is None
    assert skip_reason(MISSING, places=[str(program)]) is None


def test_missing_browser_is_installed(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program.unlink()

    status = set_up(MISSING, lambda: program.touch(mode=0o755), places=[str(program)])

    assert status == 0
    assert str(program) in capsys.readouterr().out


@pytest.mark.parametrize("variable", ["PATH", "CHROMIUM"])
def test_nothing_is_installed_beside_a_chosen_browser(program: Path, variable: str) -> None:
    chosen = {"PATH": str(program.parent), "CHROMIUM": "/nowhere/chrome"}[variable]

    def install() -> None:
        raise AssertionError("installed")

    assert set_up({**MISSING, variable: chosen}, install, places=()) in {0, 1}
