from __future__ import annotations

import importlib.util
from pathlib import Path
from threading import Thread
from typing import Any

from tests.routes.trace import traced

FIRST = """
def start(second):
    second.work(helper)
    return list(numbers())

def helper():
    return sum(number for number in (1, 2, 3))

def numbers():
    yield 1
    yield 2
"""
SECOND = """
def work(helper):
    helper()
"""


def module(folder: Path, name: str, text: str) -> Any:
    path = folder / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_route_counts_named_calls_files_and_returns(tmp_path: Path) -> None:
    first, second = module(tmp_path, "first", FIRST), module(tmp_path, "second", SECOND)

    route = traced(tmp_path, lambda: first.start(second))

    assert route.calls == 4
    assert route.steps == ["first.py", "second.py", "first.py"]
    assert route.files == ["first.py", "second.py"]
    assert route.returns == 1


def test_route_goes_through_threads(tmp_path: Path) -> None:
    second = module(tmp_path, "second", SECOND)

    def run() -> None:
        thread = Thread(target=second.work, args=(lambda: None,))
        thread.start()
        thread.join()

    assert traced(tmp_path, run).calls == 1


def test_code_outside_the_folder_is_not_counted(tmp_path: Path) -> None:
    second = module(tmp_path, "second", SECOND)

    assert traced(tmp_path / "elsewhere", lambda: second.work(str)).calls == 0
