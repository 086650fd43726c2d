"""The check of a template: what SES would refuse, and what its readers would suffer from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amsdal_mail.cli.templates import placeholders
from amsdal_mail.cli.templates.content import Problem
from amsdal_mail.cli.templates.engine import RenderingError
from amsdal_mail.cli.templates.folder import SAMPLE_FILE
from amsdal_mail.cli.templates.links import link_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from amsdal_mail.cli.templates.content import Level, Template
    from amsdal_mail.cli.templates.engine import Engine, Placeholder

__all__ = ["SIZE_LIMIT", "check", "has_errors"]

SIZE_LIMIT = 500 * 1024
"""Bytes of the three parts: https://docs.aws.amazon.com/ses/latest/dg/quotas.html."""
SUBJECT_LIMIT = 989
"""Characters: a line of a message has 998, and `Subject: ` comes first (RFC 5322, 2.1.1)."""
OPEN_TRACKER = "{{ses:openTracker}}"


def check(template: Template, engine: Engine) -> list[Problem]:
    """Return the problems of a template, errors first.

    Raises:
        EngineError: Node or the npm package handlebars is missing.
    """
    problems = [*template.problems, *_check(template, engine)]
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.level)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Return whether one of the problems keeps the template from being pushed."""
    return any(problem.level == "error" for problem in problems)


def _check(template: Template, engine: Engine) -> Iterator[Problem]:
    name, content = template.name, template.content
    files = {"subject": "subject.txt", "text": "text.txt", "html": template.html_file}
    unread = {problem.file for problem in template.problems}

    def found(part: str, rule: str, level: Level = "error") -> Problem:
        return Problem(name, files.get(part, part), rule, level)

    for part, text in content.parts():
        if not text.strip() and files[part] not in unread:
            yield found(part, "must not be empty")
    if "\n" in content.subject or "\r" in content.subject:
        yield found("subject", "must be one line")
    size = sum(len(text.encode()) for _, text in content.parts())
    if size > SIZE_LIMIT:
        rule = f"the three parts have {size:,} bytes, and SES takes {SIZE_LIMIT:,}"
        yield found("html", rule)
    if content.html.count(OPEN_TRACKER) > 1:
        yield found("html", f"has more than one {OPEN_TRACKER}, and SES takes one")

    places: list[Placeholder] = []
    is_readable = True
    for part, text in content.parts():
        try:
            taken, refused = engine.inspect(text)
        except RenderingError as error:
            yield found(part, f"cannot be parsed: {_one_line(str(error))}")
            is_readable = False
            continue
        places += taken
        for rule in refused:
            yield found(part, rule)
            is_readable = False
    if SAMPLE_FILE in unread:
        return
    in_sample = list(_sample_problems(template, places, is_readable))
    yield from in_sample
    if is_readable and not has_errors(in_sample):
        yield from _rendered_problems(template, engine, files)


def _sample_problems(
    template: Template, places: list[Placeholder], is_readable: bool
) -> Iterator[Problem]:
    for place in placeholders.missing(places, template.sample):
        yield Problem(template.name, SAMPLE_FILE, f"has no value for {{{{{place}}}}}")
    for place in placeholders.unprintable(places, template.sample):
        rule = f"has an object for {{{{{place}}}}}, which prints as [object Object]"
        yield Problem(template.name, SAMPLE_FILE, rule)
    # A part that cannot be read may use what looks unused.
    for place in placeholders.unused(places, template.sample) if is_readable else ():
        rule = f"the value {place} is used by no part"
        yield Problem(template.name, SAMPLE_FILE, rule, "warning")


def _rendered_problems(
    template: Template, engine: Engine, files: dict[str, str]
) -> Iterator[Problem]:
    rendered: dict[str, str] = {}
    for part, text in template.content.parts():
        try:
            rendered[part] = engine.render(text, template.sample)
        except RenderingError as error:
            rule = f"cannot be rendered with the sample: {_one_line(str(error))}"
            yield Problem(template.name, files[part], rule)
    subject = rendered.get("subject", "")
    if "\n" in subject.strip("\n") or len(subject) > SUBJECT_LIMIT:
        rule = f"with the sample, it must be one line of at most {SUBJECT_LIMIT} characters"
        yield Problem(template.name, files["subject"], rule)
    for rule, level in link_problems(rendered.get("html", "")):
        yield Problem(template.name, files["html"], rule, level)


def _one_line(text: str) -> str:
    return " ".join(text.split())
