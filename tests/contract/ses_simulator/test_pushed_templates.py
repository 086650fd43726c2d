"""Templates as code against the SES simulator: push, diff, pull, rollback, and one engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from amsdal_mail.cli.templates.check import SIZE_LIMIT, check, has_errors
from amsdal_mail.cli.templates.compare import compare
from amsdal_mail.cli.templates.content import Template, TemplateContent
from amsdal_mail.cli.templates.engine import Engine, RenderingError
from amsdal_mail.cli.templates.folder import read_folder
from amsdal_mail.cli.templates.names import version_of
from amsdal_mail.cli.templates.pull import pull
from amsdal_mail.cli.templates.push import push, rollback
from amsdal_mail.cli.templates.versions import SESTemplates, StageTemplates, VersionTable
from local.paths import EMAILS
from local.stack.clients import client
from tests.contract.ses_simulator.running import Simulator
from tests.unit.amsdal_mail.cli.templates.fakes import FakeTable


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as started:
        yield started


@pytest.fixture
def stage(simulator: Simulator) -> StageTemplates:
    ses = SESTemplates(client("sesv2", simulator.url), pace=0)
    return StageTemplates(VersionTable(FakeTable(), "emails"), ses, "dev")


def test_folder_goes_to_ses_and_comes_back(
    stage: StageTemplates, engine: Engine, tmp_path: Path
) -> None:
    templates = read_folder(EMAILS, [], engine)
    assert {change.action for change in push(templates, stage)} == {"created"}
    assert {each.state for each in compare(templates, stage)} == {"same"}

    assert {each.action for each in pull(tmp_path, [], stage, engine)} == {"written"}

    pulled = read_folder(tmp_path, [], engine)
    assert [each.content for each in pulled] == [each.content for each in templates]
    assert not has_errors(problem for each in pulled for problem in check(each, engine))


def test_versions_stand_beside_each_other(stage: StageTemplates) -> None:
    contents = [TemplateContent(f"Hi {number}", "text", "<p>html</p>") for number in range(4)]
    for content in contents:
        list(push([Template("hello", content)], stage, keep=3))
    assert rollback("hello", None, stage).version == version_of(contents[2])

    names = {stage.ses_name("hello", version_of(content)) for content in contents[1:]}
    assert set(stage.ses.names()) == names
    for content in contents[1:]:
        assert stage.ses.get(stage.ses_name("hello", version_of(content))) == content


def test_all_templates_are_listed_over_pages(stage: StageTemplates) -> None:
    wanted = [f"template-{number:03}" for number in range(120)]
    for name in wanted:
        stage.ses.create(name, TemplateContent("Hi", "text"))

    assert sorted(stage.ses.names()) == wanted


def test_deleting_what_is_gone_is_no_error(stage: StageTemplates) -> None:
    stage.ses.delete("gone")

    assert stage.ses.get("gone") is None


SOURCES = {
    "plain": "Hello {{name}}",
    "blocks": "{{#if name}}{{name}}{{else}}you{{/if}}{{#each items}}{{this}}{{/each}}",
    "inline partial": '{{#*inline "p"}}{{name}}{{/inline}}{{> p}}',
    "tracker": "{{ses:openTracker}} {{name}}",
    "comment": "{{! note }}{{name}}",
    "open block": "{{#if name}}",
    "wrong close": "{{#if name}}{{/each}}",
    "half a tag": "{{name",
    "missing partial": "{{> footer}}{{name}}",
    "two trackers": "{{ses:openTracker}}{{ses:openTracker}}{{name}}",
    "too large": "x" * SIZE_LIMIT + "{{name}}",
    "unknown helper": "{{upper name}}",
    "unknown block": "{{#eq name 'a'}}x{{/eq}}",
    "a value too few": "{{name}} {{other}}",
}


@pytest.mark.parametrize("name", SOURCES)
def test_check_and_ses_agree(stage: StageTemplates, engine: Engine, name: str) -> None:
    """What the check passes, the simulator takes and renders; what it refuses, fails there too."""
    source = SOURCES[name]
    html = f'<html lang="en">{source}</html>'
    sample = {"name": "Anna", "items": ["a"]}
    template = Template("hello", TemplateContent("Hi {{name}}", source, html), sample)

    is_good = not has_errors(check(template, engine))

    try:
        stage.ses.create("hello", template.content)
        rendered = stage.ses._client.test_render_email_template(
            TemplateName="hello", TemplateData='{"name": "Anna", "items": ["a"]}'
        )
    except stage.ses._client.exceptions.BadRequestException:
        assert not is_good
    else:
        assert is_good
        assert "Hi Anna" in rendered["RenderedTemplate"]


def test_preview_is_what_ses_sends(stage: StageTemplates, engine: Engine) -> None:
    template = read_folder(EMAILS, ["password-reset"], engine)[0]
    content = engine.render_all(template.content, template.sample)
    stage.ses.create("previewed", template.content)

    rendered = stage.ses._client.test_render_email_template(
        TemplateName="previewed", TemplateData=json.dumps(template.sample)
    )

    mime = message_from_string(rendered["RenderedTemplate"], policy=policy.default)
    parts = {part.get_content_type(): part for part in mime.walk() if not part.is_multipart()}
    assert mime["Subject"] == content.subject
    assert _words(parts["text/plain"]) == content.text.split()
    assert _words(parts["text/html"]) == content.html.split()
    with pytest.raises(RenderingError):
        engine.render_all(template.content, {})


def _words(part: Any) -> list[str]:
    """Return the words of a part: MIME changes the ends of lines."""
    words: list[str] = part.get_content().split()
    return words
