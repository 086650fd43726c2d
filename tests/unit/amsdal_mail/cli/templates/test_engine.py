from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from amsdal_mail.cli.errors import CommandError
from amsdal_mail.cli.templates.engine import SCRIPT, Engine, RenderingError
from amsdal_mail.cli.templates.errors import EngineError
from amsdal_mail.cli.templates.folder import read_template
from tests.unit.amsdal_mail.cli.templates.fakes import write

COMPILER = """
module.exports = async (source, options) => {
  if (source.includes("broken")) throw new Error("Malformed MJML");
  const errors = source.includes("odd") ? [{ formattedMessage: "Line 1: odd tag" }] : [];
  return { html: `<html lang="en">${source.replace(/<\\/?mjml>/g, "")}</html>`, errors };
};
"""


@pytest.fixture
def mjml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the npm package mjml is installed: a stand-in with its interface."""
    package = tmp_path / "node_modules" / "mjml"
    package.mkdir(parents=True)
    (package / "index.js").write_text(COMPILER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_missing_node_is_said_with_a_cure() -> None:
    with Engine("no-such-node") as engine, pytest.raises(EngineError) as caught:
        engine.render("a", {})

    assert isinstance(caught.value, CommandError)
    assert "Node 20" in caught.value.cure


def test_missing_handlebars_is_said_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = shutil.copy(SCRIPT, tmp_path)
    monkeypatch.setattr("amsdal_mail.cli.templates.engine.SCRIPT", Path(script))
    monkeypatch.chdir(tmp_path)

    with Engine() as engine, pytest.raises(EngineError, match="handlebars") as caught:
        engine.render("a", {})

    assert "npm install handlebars" in caught.value.cure


def test_rendering_errors_leave_the_engine_running(engine: Engine) -> None:
    with pytest.raises(RenderingError, match=r"the value of \{\{a}} is missing"):
        engine.render("{{a}}", {"a": None})
    with pytest.raises(RenderingError, match="Parse error"):
        engine.render("{{#if", {})
    with pytest.raises(RenderingError, match="call stack"):
        engine.render('{{#*inline "p"}}{{> p}}{{/inline}}{{> p}}', {})

    assert engine.render("{{a}}\u2028é\ud83d", {"a": "\n\u0000"}) == "\n\u0000\u2028é\ud83d"


def test_html_is_made_from_mjml(mjml: Path) -> None:
    folder = write(mjml, html_html="", html_mjml="<mjml>Hello {{name}}</mjml>")

    with Engine() as engine:
        template = read_template(folder, engine)

    assert template.content.html == '<html lang="en">Hello {{name}}</html>'
    assert template.problems == ()


@pytest.mark.parametrize(
    ("source", "rule"), [("<mjml>odd</mjml>", "Line 1: odd tag"), ("broken", "Malformed MJML")]
)
def test_words_of_mjml_are_problems(mjml: Path, source: str, rule: str) -> None:
    with Engine() as engine:
        template = read_template(write(mjml, html_html="", html_mjml=source), engine)

    assert [(each.file, each.rule) for each in template.problems] == [("html.mjml", rule)]


def test_missing_mjml_is_said_with_a_cure(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="mjml is not installed"):
        read_template(write(tmp_path, html_html="", html_mjml="<mjml></mjml>"), engine)
