"""The folder of templates: reads `emails/<name>/`, and writes what is pulled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.errors import CommandError, UsageError
from amsdal_mail.cli.templates.content import Problem, Template, TemplateContent
from amsdal_mail.cli.templates.engine import RenderingError
from amsdal_mail.cli.templates.names import NAME_RULE, is_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from amsdal_mail.cli.templates.engine import Engine

__all__ = ["SAMPLE_FILE", "read_folder", "read_template", "template_names", "write_template"]

SUBJECT_FILE, TEXT_FILE, HTML_FILE = "subject.txt", "text.txt", "html.html"
MJML_FILE, SAMPLE_FILE = "html.mjml", "sample.json"
SIZE_LIMIT = 2 * 1024 * 1024
"""Bytes of a file. SES takes 500 KB of a whole template; a source of MJML may be larger."""
DEPTH_LIMIT = 50
"""Levels of a sample."""


def template_names(folder: Path) -> list[str]:
    """Return the names of the folders in it, in order. Hidden ones are left out."""
    if not folder.is_dir():
        return []
    names = (path.name for path in folder.iterdir() if path.is_dir())
    return sorted(name for name in names if not name.startswith("."))


def read_folder(folder: Path, names: Sequence[str], engine: Engine) -> list[Template]:
    """Return the templates of these names, or all without names.

    Raises:
        UsageError: the folder is missing or empty, or there is no such template.
        EngineError: a template is MJML, and Node or its package is missing.
    """
    present = template_names(folder)
    if not present:
        cure = "Make a folder for each template, or name another folder with --folder."
        raise UsageError(f"There are no templates in {folder}.", cure)
    for name in names:
        if name not in present:
            raise UsageError(
                f"There is no template {name} in {folder}.", f"There are: {', '.join(present)}."
            )
    return [read_template(folder / name, engine) for name in dict.fromkeys(names or present)]


def read_template(folder: Path, engine: Engine) -> Template:
    """Return the template of a folder, with the problems of its files.

    Raises:
        EngineError: it is MJML, and Node or its package is missing.
    """
    problems: list[Problem] = []

    def blame(file: str, rule: str) -> None:
        problems.append(Problem(folder.name, file, rule))

    def read(file: str) -> str:
        try:
            if (folder / file).stat().st_size > SIZE_LIMIT:
                blame(file, f"has over {SIZE_LIMIT // 1024} KB")
                return ""
            return (folder / file).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            blame(file, "is missing")
        except UnicodeDecodeError:
            blame(file, "must be UTF-8")
        except OSError as error:
            blame(file, f"cannot be read: {error.strerror}")
        return ""

    if not is_name(folder.name):
        blame("", f"the name of the folder {NAME_RULE}")
    has_mjml = (folder / MJML_FILE).exists()
    if has_mjml and (folder / HTML_FILE).exists():
        blame(MJML_FILE, f"stands beside {HTML_FILE}: keep one of them")
        has_mjml = False
    html_file = MJML_FILE if has_mjml else HTML_FILE
    html = read(html_file)
    if has_mjml and html:
        try:
            html, complaints = engine.compile_mjml(html, folder / MJML_FILE)
        except RenderingError as error:
            html, complaints = "", [str(error)]
        for complaint in complaints:
            blame(MJML_FILE, complaint)
    subject = read(SUBJECT_FILE).removesuffix("\n")
    content = TemplateContent(subject, read(TEXT_FILE), html)
    sample, rule = _sample(read(SAMPLE_FILE))
    if rule and (folder / SAMPLE_FILE).exists():
        blame(SAMPLE_FILE, rule)
    return Template(folder.name, content, sample, html_file, tuple(problems))


def write_template(folder: Path, content: TemplateContent, sample: Mapping[str, Any]) -> Path:
    """Write the files of a template, and return its folder. A sample that is there stays.

    Raises:
        CommandError: a file cannot be written, or the HTML is made from MJML.
    """
    if (folder / MJML_FILE).exists():
        cure = f"Change {folder / MJML_FILE} by hand."
        raise CommandError(f"The HTML of {folder.name} comes from {MJML_FILE}.", cure)
    files = {SUBJECT_FILE: content.subject + "\n", TEXT_FILE: content.text, HTML_FILE: content.html}
    if not (folder / SAMPLE_FILE).exists():
        files[SAMPLE_FILE] = json.dumps(sample, indent=2, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written: {error.strerror}.") from error
    return folder


def _sample(text: str) -> tuple[dict[str, Any], str]:
    """Return the object of a sample, and the rule that it breaks."""
    try:
        sample = json.loads(text)
    except (ValueError, RecursionError) as error:
        return {}, f"must be JSON: {error}"
    if not isinstance(sample, dict):
        return {}, "must be a JSON object"
    return ({}, f"is nested over {DEPTH_LIMIT} levels") if _is_deep(sample) else (sample, "")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)
