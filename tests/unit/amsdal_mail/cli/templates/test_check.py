from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail.cli.templates.check import SIZE_LIMIT, check, has_errors
from amsdal_mail.cli.templates.content import Problem
from amsdal_mail.cli.templates.engine import Engine
from amsdal_mail.cli.templates.folder import read_folder, read_template
from tests.docs.pages import ROOT
from tests.unit.amsdal_mail.cli.templates.fakes import write


def checked(engine: Engine, folder: Path) -> list[tuple[str, str, str]]:
    problems = check(read_template(folder, engine), engine)
    assert all(problem.template == folder.name for problem in problems)
    return [(problem.level, problem.file, problem.rule) for problem in problems]


def html(body: str) -> str:
    return f'<html lang="en">{body} {{{{name}}}}</html>'


def test_good_template_has_no_problem(engine: Engine, tmp_path: Path) -> None:
    assert checked(engine, write(tmp_path)) == []


def test_templates_of_this_repository_are_good(engine: Engine) -> None:
    templates = read_folder(ROOT / "emails", [], engine)

    assert len(templates) >= 2
    assert [problem for each in templates for problem in check(each, engine)] == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"subject_txt": ""}, ("error", "subject.txt", "is missing")),
        ({"text_txt": ""}, ("error", "text.txt", "is missing")),
        ({"html_html": ""}, ("error", "html.html", "is missing")),
        ({"sample_json": ""}, ("error", "sample.json", "is missing")),
        ({"subject_txt": "\n"}, ("error", "subject.txt", "must not be empty")),
        ({"text_txt": "  \n"}, ("error", "text.txt", "must not be empty")),
        ({"subject_txt": "Hi\n{{name}}\n"}, ("error", "subject.txt", "must be one line")),
        ({"text_txt": b"\xff{{name}}"}, ("error", "text.txt", "must be UTF-8")),
        ({"sample_json": "[1]"}, ("error", "sample.json", "must be a JSON object")),
        ({"sample_json": "{"}, ("error", "sample.json", "must be JSON: Expecting")),
        ({"sample_json": '{"name": ' + "[" * 60 + "]" * 60 + "}"},
         ("error", "sample.json", "is nested over 50 levels")),
        ({"sample_json": "[" * 200_000}, ("error", "sample.json", "must be JSON: ")),
        ({"sample_json": "{}"}, ("error", "sample.json", "has no value for {{name}}")),
        ({"sample_json": '{"name": null}'}, ("error", "sample.json", "has no value for {{name}}")),
        ({"sample_json": '{"name": {"first": "A"}}'},
         ("error", "sample.json", "has an object for {{name}}, which prints as [object Object]")),
        ({"sample_json": '{"name": "A", "age": 3}'},
         ("warning", "sample.json", "the value age is used by no part")),
        ({"text_txt": "{{#if name}}x"}, ("error", "text.txt", "cannot be parsed: Parse error")),
        ({"text_txt": "{{shout name}}"}, ("error", "text.txt", "SES has no helper shout (line 1)")),
        ({"text_txt": "{{> foot}} {{name}}"},
         ("error", "text.txt", "the partial foot is not defined in this part (line 1)")),
        ({"html_html": html("{{ses:openTracker}}{{ses:openTracker}}")},
         ("error", "html.html", "has more than one {{ses:openTracker}}, and SES takes one")),
        ({"subject_txt": "{{name}}", "sample_json": '{"name": "a\\nb"}'},
         ("error", "subject.txt", "with the sample, it must be one line of at most 989 char")),
        ({"html_html": html("x" * SIZE_LIMIT)}, ("error", "html.html", "the three parts have ")),
        ({"html_html": html("x" * (3 * 1024 * 1024))}, ("error", "html.html", "has over 2048 KB")),
        ({"html_html": html('<a href="/orders">')},
         ("error", "html.html", "the link '/orders' must begin with https://, mailto:, tel:")),
        ({"html_html": html('<a href="javascript:alert(1)">')},
         ("error", "html.html", "the link 'javascript:alert(1)' must begin with")),
        ({"html_html": html('<a href="">')}, ("error", "html.html", "the link '' must begin with")),
        ({"html_html": html('<a href="https://">')},
         ("error", "html.html", "the link 'https://' has no host")),
        ({"html_html": html('<a href="https://[x">')},
         ("error", "html.html", "the link 'https://[x' has no host")),
        ({"html_html": html('<a href="http://shop.example.com">')},
         ("warning", "html.html", "the link 'http://shop.example.com' is http://: use https://")),
        ({"html_html": html('<img src="logo.png" alt="">')},
         ("error", "html.html", "the picture 'logo.png' must be https:// or cid:")),
        ({"html_html": html('<img src="cid:logo">')},
         ("warning", "html.html", "the picture 'cid:logo' has no alt text")),
        ({"html_html": html('<a href="https://a.example">x</a>' * 251)},
         ("warning", "html.html", "has 251 links, and SES tracks 250")),
        ({"html_html": "<html>{{name}}</html>"}, ("warning", "html.html", "<html> has no lang")),
        ({"html_mjml": "<mjml></mjml>"},
         ("error", "html.mjml", "stands beside html.html: keep one of them")),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[2][:40],
)  # fmt: skip
def test_problem_is_found(
    engine: Engine,
    tmp_path: Path,
    files: dict[str, Any],
    expected: tuple[str, str, str],
) -> None:
    problems = checked(engine, write(tmp_path, **files))

    level, file, rule = expected
    assert [each for each in problems if each[:2] == (level, file) and each[2].startswith(rule)]
    if level == "warning":
        assert all(each[0] == "warning" for each in problems)


def test_links_are_checked_with_their_sample(engine: Engine, tmp_path: Path) -> None:
    source = html('<a href="{{url}}">')
    good = write(tmp_path, "good", html_html=source, sample_json='{"name": "A", "url": "tel:1"}')
    bad = write(tmp_path, "bad", html_html=source, sample_json='{"name": "A", "url": "x"}')

    assert checked(engine, good) == []
    assert [each[0] for each in checked(engine, bad)] == ["error"]


def test_windows_line_ends_and_mark_make_no_difference(engine: Engine, tmp_path: Path) -> None:
    unix = write(tmp_path, "unix", text_txt="Hello\n{{name}}\n")
    windows = write(
        tmp_path,
        "windows",
        text_txt=b"\xef\xbb\xbfHello\r\n{{name}}\r\n",
        subject_txt=b"Hi {{name}}\r\n",
    )

    assert read_template(windows, engine).content == read_template(unix, engine).content


@pytest.mark.parametrize(
    "name", ["a--b", "-a", "a-", "a b", "ä", "a.b", "x" * 33, "a@1", "a--dev--12345678"]
)
def test_name_that_ses_or_the_versions_cannot_take(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    (problem,) = checked(engine, write(tmp_path, name))

    assert problem[:2] == ("error", "")
    assert "must be 1 to 32 letters" in problem[2]


@pytest.mark.parametrize("name", ["a", "A_b-9", "x" * 32, "_a_"])
def test_names_that_are_taken(engine: Engine, tmp_path: Path, name: str) -> None:
    assert checked(engine, write(tmp_path, name)) == []


def test_errors_come_before_warnings(engine: Engine, tmp_path: Path) -> None:
    sample = json.dumps({"other": 1})

    levels = [each[0] for each in checked(engine, write(tmp_path, sample_json=sample))]

    assert levels == sorted(levels)
    assert set(levels) == {"error", "warning"}


def test_warning_alone_is_no_error() -> None:
    assert not has_errors([Problem("a", "b", "c", "warning")])
    assert has_errors([Problem("a", "b", "c", "warning"), Problem("a", "b", "c")])
