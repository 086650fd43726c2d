from __future__ import annotations

import json
from pathlib import Path

import pytest

from amsdal_mail.cli.errors import CommandError, UsageError
from amsdal_mail.cli.templates.compare import compare
from amsdal_mail.cli.templates.engine import Engine
from amsdal_mail.cli.templates.folder import read_template
from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.pull import pull
from amsdal_mail.cli.templates.push import push
from tests.unit.amsdal_mail.cli.templates.fakes import HELLO, World, numbered, template, write


def pulled(world: World, folder: Path, engine: Engine, *names: str, force: bool = False) -> object:
    found = pull(folder, names, world.templates, engine, has_force=force)
    return [(each.name, each.action) for each in found]


def test_states_of_a_comparison(world: World) -> None:
    list(push([template("same"), template("changed"), template("gone"), template("lost")],
              world.templates))  # fmt: skip
    del world.ses.templates[f"lost--dev--{version_of(HELLO)}"]

    found = compare(
        [template("same"), template("changed", numbered(1).content), template("new"),
         template("lost")],
        world.templates,
    )  # fmt: skip

    assert [(each.name, each.state) for each in found] == [
        ("same", "same"), ("changed", "changed"), ("new", "new"), ("lost", "lost"),
        ("gone", "only on the stage"),
    ]  # fmt: skip
    assert list(found[1].lines) == [
        "--- stage/changed/subject", "+++ folder/changed/subject", "@@ -1 +1 @@",
        "-Hi {{name}}", "+Hi 1",
    ]  # fmt: skip
    assert set(found[2].parts) == {"subject", "text", "html"}


def test_difference_in_the_last_line_end_is_said(world: World) -> None:
    list(push([template()], world.templates))
    changed = type(HELLO)(HELLO.subject, HELLO.text + "\n", HELLO.html)

    (found,) = compare([template(content=changed)], world.templates)

    assert list(found.lines) == ["hello/text: the ends of the lines differ"]


def test_pull_after_push_gives_the_same_files(world: World, engine: Engine, tmp_path: Path) -> None:
    list(push([template(), template("b", numbered(1).content)], world.templates))

    assert pulled(world, tmp_path, engine) == [("hello", "written"), ("b", "written")]
    assert read_template(tmp_path / "hello", engine).content == HELLO
    assert json.loads((tmp_path / "hello/sample.json").read_text()) == {"name": "name"}
    assert pulled(world, tmp_path, engine) == [("hello", "same"), ("b", "same")]


def test_pull_takes_templates_made_by_hand(world: World, engine: Engine, tmp_path: Path) -> None:
    world.ses.templates["welcome"] = {"Subject": "Hi", "Text": "a\r\nb {{#each x}}{{y}}{{/each}}"}
    world.ses.templates["not a folder"] = {"Subject": "Hi"}
    world.ses.templates["../escape"] = {"Subject": "Hi"}
    world.ses.templates["other--prod--12345678"] = {"Subject": "a version of another stage"}

    assert pulled(world, tmp_path / "emails", engine) == [
        ("welcome", "written"), ("not a folder", "skipped"), ("../escape", "skipped"),
    ]  # fmt: skip
    written = tmp_path / "emails/welcome"
    assert (written / "text.txt").read_bytes() == b"a\nb {{#each x}}{{y}}{{/each}}"
    assert json.loads((written / "sample.json").read_text()) == {"x": [{"y": "y"}]}
    assert pulled(world, tmp_path / "emails", engine, "welcome") == [("welcome", "same")]
    assert not (tmp_path / "escape").exists()


def test_pull_keeps_files_that_differ(world: World, engine: Engine, tmp_path: Path) -> None:
    list(push([numbered(1)], world.templates))
    folder = write(tmp_path)

    assert pulled(world, tmp_path, engine) == [("hello", "kept")]
    assert read_template(folder, engine).content == HELLO
    assert pulled(world, tmp_path, engine, force=True) == [("hello", "written")]
    assert read_template(folder, engine).content == numbered(1).content
    assert json.loads((folder / "sample.json").read_text()) == {"name": "Anna"}


def test_pull_never_writes_beside_mjml(world: World, engine: Engine, tmp_path: Path) -> None:
    list(push([numbered(1)], world.templates))
    folder = write(tmp_path, html_mjml="<mjml></mjml>")

    with pytest.raises(CommandError, match=r"comes from html\.mjml"):
        pulled(world, tmp_path, engine, force=True)

    assert (folder / "subject.txt").read_text() == f"{HELLO.subject}\n"


def test_pull_of_an_unknown_name_is_wrong_usage(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="Neither the stage nor SES has a template gone"):
        pulled(world, tmp_path, engine, "gone")


def test_pull_says_which_version_ses_lost(world: World, engine: Engine, tmp_path: Path) -> None:
    list(push([template()], world.templates))
    world.ses.templates.clear()

    assert pulled(world, tmp_path, engine) == [("hello", "lost")]


def test_folder_that_cannot_be_written_is_an_error(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    list(push([template()], world.templates))
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="cannot be written"):
        pulled(world, tmp_path / "file", engine)
