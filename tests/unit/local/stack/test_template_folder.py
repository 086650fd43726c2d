"""The folder of templates in the local AWS: what a poll pushes, and what it survives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.push import push
from local.paths import EMAILS
from local.stack.template_folder import FILE_LIMIT, TemplateFolder
from tests.unit.amsdal_mail.cli.templates.fakes import HELLO, World, numbered, write

VERSION = version_of(HELLO)


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def folder(tmp_path: Path, world: World, shown: list[str]) -> TemplateFolder:
    def output(text: str, *, end: str = "\n") -> None:
        shown.append(text + end.strip())

    return TemplateFolder(tmp_path / "emails", world.templates, output)


def test_new_template_is_pushed_once(
    folder: TemplateFolder, tmp_path: Path, world: World, shown: list[str]
) -> None:
    write(tmp_path / "emails")

    folder.poll()
    calls = list(world.ses.calls)
    folder.poll()

    assert shown == [f"  templates: hello created ({VERSION})"]
    assert world.table.get("hello").version == VERSION
    assert world.ses.calls == calls


def test_change_is_pushed_and_the_rest_is_left_alone(
    folder: TemplateFolder, tmp_path: Path, world: World, shown: list[str]
) -> None:
    write(tmp_path / "emails", "a")
    write(tmp_path / "emails", "b")
    folder.poll()
    shown.clear()

    write(tmp_path / "emails", "b", subject_txt="New {{name}}\n")
    folder.poll()

    assert [text.split(" (")[0] for text in shown] == ["  templates: b updated"]
    assert world.table.get("a").version == VERSION


def test_fault_is_shown_once_and_the_old_version_stays(
    folder: TemplateFolder, tmp_path: Path, world: World, shown: list[str]
) -> None:
    write(tmp_path / "emails")
    folder.poll()
    shown.clear()

    write(tmp_path / "emails", text_txt="{{#if name}}")
    folder.poll()
    folder.poll()

    assert len(shown) == 1
    assert shown[0].startswith("  templates: error: hello/text.txt: cannot be parsed")
    assert world.table.get("hello").version == VERSION
    write(tmp_path / "emails", text_txt="{{name}} again")
    folder.poll()
    assert world.table.get("hello").version != VERSION


def test_failing_ses_does_not_end_the_poll(
    folder: TemplateFolder, tmp_path: Path, world: World, shown: list[str]
) -> None:
    write(tmp_path / "emails")
    world.ses.throttled = 99

    folder.poll()

    assert len(shown) == 1
    assert "not pushed" in shown[0]
    world.ses.throttled = 0
    os.utime(tmp_path / "emails/hello/text.txt", ns=(1, 1))
    folder.poll()
    assert world.table.get("hello").version == VERSION


def test_push_by_hand_meanwhile_is_no_fault(
    folder: TemplateFolder, tmp_path: Path, world: World, shown: list[str]
) -> None:
    def other() -> None:
        world.dynamodb.before_put = lambda: None
        list(push([numbered(1)], world.templates))

    write(tmp_path / "emails")
    world.dynamodb.before_put = other
    folder.poll()
    folder.poll()

    assert shown == [f"  templates: hello updated ({VERSION})"]


def test_folder_may_come_and_go(
    folder: TemplateFolder, tmp_path: Path, world: World, shown: list[str]
) -> None:
    folder.poll()
    write(tmp_path / "emails")
    folder.poll()
    shutil.rmtree(tmp_path / "emails")
    folder.poll()
    (tmp_path / "emails").write_text("a file")
    folder.poll()

    assert len(shown) == 1
    assert world.table.get("hello").version == VERSION


def test_endless_folder_costs_a_bounded_poll(
    folder: TemplateFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "emails" / "many"
    template.mkdir(parents=True)
    for number in range(FILE_LIMIT + 100):
        (template / str(number)).touch()
    looked_at: list[Path] = []
    original = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        looked_at.append(path)
        return original(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    folder.poll()

    assert len([path for path in looked_at if path.parent == template]) <= FILE_LIMIT


def test_terminal_obeys_no_text_of_a_file(
    folder: TemplateFolder, tmp_path: Path, shown: list[str]
) -> None:
    write(tmp_path / "emails", html_html='<html lang="en">{{name}}<a href="\x1b[2J">')

    folder.poll()

    assert shown
    assert "\x1b" not in "".join(shown)


def test_templates_of_the_repository_are_pushed(world: World, shown: list[str]) -> None:
    def output(text: str, *, end: str = "\n") -> None:
        shown.append(text)

    TemplateFolder(EMAILS, world.templates, output).poll()

    assert [text.split(" (")[0] for text in shown] == [
        "  templates: order-confirmation created",
        "  templates: password-reset created",
    ]
