"""The commands as a person runs them: exit codes, texts and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.commands import templates as command
from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.push import KEEP, MOST_KEPT, push
from tests.unit.amsdal_mail.cli.templates.fakes import HELLO, World, numbered, template, write

HELLO_VERSION = version_of(HELLO)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command of templates on the folder; return the exit code and both outputs."""

    def call(*arguments: str, folder: bool = True) -> tuple[int, str, str]:
        invocation = Invocation("dev", find=lambda *_: world.stage())
        where = ["--folder", str(tmp_path)] if folder else []
        code = run(["templates", *arguments, *where], invocation)
        out, err = capfd.readouterr()
        return code, out, err

    return call


def document(output: str) -> Any:
    return json.loads(output)


def test_limits_are_those_of_the_push() -> None:
    assert (command.KEEP, command.MOST_KEPT) == (KEEP, MOST_KEPT)


def test_check_says_that_all_is_good(cli: Run, tmp_path: Path) -> None:
    write(tmp_path)

    assert cli("check") == (0, "1 template, 0 errors, 0 warnings\n", "")


def test_check_fails_with_the_file_and_the_rule(cli: Run, tmp_path: Path) -> None:
    write(tmp_path, text_txt="{{nmae}}")

    code, out, _ = cli("check")

    assert code == 1
    assert "error   hello/sample.json: has no value for {{nmae}}" in out
    assert "1 template, 1 error, 0 warnings" in out


def test_warnings_alone_do_not_fail(cli: Run, tmp_path: Path) -> None:
    write(tmp_path, sample_json='{"name": "A", "age": 1}')

    code, out, _ = cli("check", "--json")

    assert code == 0
    assert document(out)["problems"] == [
        {"template": "hello", "file": "sample.json", "level": "warning",
         "rule": "the value age is used by no part"}
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["check", "push", "diff", "preview hello"])
def test_empty_folder_is_wrong_usage(cli: Run, name: str) -> None:
    code, out, err = cli(*name.split())

    assert (code, out) == (2, "")
    assert "There are no templates in" in err


def test_unknown_template_is_wrong_usage(cli: Run, tmp_path: Path) -> None:
    write(tmp_path)

    code, _, err = cli("check", "gone")

    assert code == 2
    assert "There is no template gone" in err
    assert "There are: hello." in err


def test_push_list_diff_and_rollback(cli: Run, tmp_path: Path, world: World) -> None:
    write(tmp_path)
    code, out, err = cli("push")
    assert (code, out, err) == (0, f"created  hello  {HELLO_VERSION}\n", "hello: created\n")

    write(tmp_path, subject_txt="Welcome {{name}}\n")
    code, out, _ = cli("diff", "--exit-code")
    assert code == 1
    assert "-Hi {{name}}\n+Welcome {{name}}\n" in out
    assert cli("push", "--dry-run", "--json")[0] == 0
    assert world.table.get("hello").version == HELLO_VERSION

    code, out, _ = cli("push", "--json")
    (change,) = document(out)["changes"]
    assert (change["action"], change["before"]) == ("updated", HELLO_VERSION)
    assert cli("diff", "--exit-code")[0] == 0

    code, out, _ = cli("rollback", "hello", folder=False)
    assert (code, out) == (0, f"rolled back  hello  {change['version']} → {HELLO_VERSION}\n")
    assert world.table.get("hello").version == HELLO_VERSION

    code, out, _ = cli("list", "--json", folder=False)
    (listed,) = document(out)["templates"]
    assert (listed["name"], listed["version"]) == ("hello", HELLO_VERSION)
    assert [each["version"] for each in listed["versions"]] == [change["version"], HELLO_VERSION]
    sent_now = [line for line in cli("list", folder=False)[1].splitlines() if "sent now" in line]
    assert len(sent_now) == 1
    assert HELLO_VERSION in sent_now[0]


def test_faulty_template_keeps_all_from_being_pushed(
    cli: Run, tmp_path: Path, world: World
) -> None:
    write(tmp_path, "good")
    write(tmp_path, "bad", text_txt="{{#if")

    code, out, err = cli("push")

    assert code == 1
    assert "bad/text.txt" in out
    assert err == "Nothing was pushed.\n"
    assert world.ses.templates == {}


def test_push_conflict_fails_with_a_cure(cli: Run, tmp_path: Path, world: World) -> None:
    list(push([numbered(1)], world.templates))
    write(tmp_path)

    def other() -> None:
        world.dynamodb.before_put = lambda: None
        list(push([numbered(2)], world.templates))

    world.dynamodb.before_put = other
    code, _, err = cli("push")

    assert code == 1
    assert "changed on the stage meanwhile" in err
    assert "templates diff" in err


@pytest.mark.parametrize("keep", ["1", "0", "51", "many"])
def test_keep_has_limits(cli: Run, keep: str) -> None:
    assert cli("push", "--keep", keep)[0] == 2


def test_diff_lists_what_only_the_stage_has(cli: Run, tmp_path: Path, world: World) -> None:
    list(push([template("other")], world.templates))
    write(tmp_path)

    _, out, _ = cli("diff", "--json")
    states = {each["name"]: each["state"] for each in document(out)["templates"]}

    assert states == {"hello": "new", "other": "only on the stage"}
    assert "other" not in cli("diff", "hello")[1]


def test_pull_fails_when_files_stay_different(cli: Run, tmp_path: Path, world: World) -> None:
    list(push([numbered(1)], world.templates))
    write(tmp_path)

    code, out, _ = cli("pull")
    assert code == 1
    assert "kept  hello  the files differ" in out
    assert cli("pull", "--force")[:2] == (0, "written  hello\n")


def test_preview_shows_subject_and_text(cli: Run, tmp_path: Path) -> None:
    write(tmp_path)
    page = tmp_path / "page.html"

    code, out, _ = cli("preview", "hello", "--out", str(page))

    assert code == 0
    assert out.startswith("Hi Anna\n\nHello Anna\n")
    assert page.read_text() == '<html lang="en">Hello Anna</html>'


def test_preview_takes_other_data(cli: Run, tmp_path: Path) -> None:
    write(tmp_path)
    data = tmp_path / "data.json"
    data.write_text('{"name": "\\u001b[2JBen"}')

    code, out, _ = cli("preview", "hello", "--data", str(data))

    assert code == 0
    assert "\x1b" not in out
    assert "Ben" in out


@pytest.mark.parametrize("content", ["[1]", "{", "\xff"])
def test_preview_names_wrong_data(cli: Run, tmp_path: Path, content: str) -> None:
    write(tmp_path)
    data = tmp_path / "data.json"
    data.write_text(content, encoding="latin-1")

    code, _, err = cli("preview", "hello", "--data", str(data))

    assert code == 2
    assert "--data" in err


def test_preview_of_a_template_that_fails(cli: Run, tmp_path: Path) -> None:
    write(tmp_path, sample_json="{}")

    code, _, err = cli("preview", "hello")

    assert code == 1
    assert "the value of {{name}} is missing" in err


def test_preview_opens_a_browser(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    code, out, _ = cli("preview", "hello", "--open", "--json")

    assert code == 0
    assert opened == [Path(document(out)["file"]).as_uri()]


def test_rollback_of_an_unknown_version_is_wrong_usage(cli: Run, world: World) -> None:
    list(push([template()], world.templates))

    code, _, err = cli("rollback", "hello", "00000000", folder=False)

    assert code == 2
    assert f"newest first: {HELLO_VERSION}" in err


@pytest.mark.parametrize("name", ["check", "list", "diff", "push", "pull", "preview", "rollback"])
def test_help_has_examples(cli: Run, name: str) -> None:
    code, out, _ = cli(name, "--help", folder=False)

    assert code == 0
    assert f"amsdal-mail templates {name}" in out
