"""The engine of templates: the handlebars library, and MJML where it is installed, under Node."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from amsdal_mail.cli.templates.content import TemplateContent
from amsdal_mail.cli.templates.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SCRIPT", "Engine", "Placeholder", "RenderingError"]

SCRIPT = Path(__file__).with_name("handlebars.mjs")
"""The program that renders. The SES simulator of the local AWS runs the same one."""
CURE = "Install Node 20 or newer, and run `npm install handlebars` where you run the command."


class RenderingError(ValueError):
    """A template that cannot be parsed or rendered. The text says why."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that a template takes from its data.

    `path` has the keys, with `*` for the elements of a list. `kind` is `value` for what is printed,
    `block` for what a condition or a list asks for, `lookup` for what is looked into by a key.
    """

    kind: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.path)


class Engine:
    """A context manager. Node starts with the first request, and handles one at a time.

    Raises:
        EngineError: Node, or the npm package that a request needs, is missing.
    """

    def __init__(self, node: str = "node") -> None:
        self._node = node
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(BrokenPipeError):
                process.communicate()

    def render(self, template: str, data: Mapping[str, Any]) -> str:
        """Return the rendered text, as SES renders it: without HTML escapes.

        Raises:
            RenderingError: it cannot be parsed, or a value is missing. Null counts as missing.
        """
        return str(self._request({"template": template, "data": _without_nulls(data)})["text"])

    def render_all(self, content: TemplateContent, data: Mapping[str, Any]) -> TemplateContent:
        """Return the content with all parts rendered. Raises as `render` does."""
        return TemplateContent(*(self.render(text, data) for _, text in content.parts()))

    def inspect(self, template: str) -> tuple[list[Placeholder], list[str]]:
        """Return the values that a part takes, and what SES would refuse in it.

        Raises:
            RenderingError: it cannot be parsed.
        """
        found = self._request({"inspect": template})
        places = [Placeholder(each["kind"], tuple(each["path"])) for each in found["placeholders"]]
        return places, [problem["text"] for problem in found["problems"]]

    def compile_mjml(self, source: str, file: Path) -> tuple[str, list[str]]:
        """Return the HTML of an MJML document, and what MJML says against it.

        Raises:
            RenderingError: it cannot be compiled.
        """
        response = self._request({"mjml": source, "file": str(file.absolute())})
        return response["text"], response["problems"]

    def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            response: dict[str, Any] = json.loads(self._exchange(json.dumps(request)))
        if response.get("code") == "MODULE_NOT_FOUND":
            raise EngineError(
                "The npm package mjml is not installed.",
                "Run `npm install mjml` where you run the command, or write html.html.",
            )
        if "missing" in response:
            raise RenderingError(f"the value of {{{{{response['missing']}}}}} is missing")
        if "broken" in response:
            raise RenderingError(response["broken"])
        return response

    def _exchange(self, line: str) -> str:
        if self._process is None:
            self._process = self._start()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - opened as pipes below
        assert stdout is not None  # noqa: S101
        try:
            stdin.write(line + "\n")
            stdin.flush()
            response = stdout.readline()
        except BrokenPipeError:
            response = ""
        if not response:
            raise EngineError("Node cannot load the npm package handlebars.", CURE)
        return response

    def _start(self) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(  # noqa: S603 - our own script
                [self._node, str(SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
        except OSError as error:
            raise EngineError(f"Node cannot be started: {error}.", CURE) from error


def _without_nulls(value: Any) -> Any:
    """Return a JSON value without the members that are null, at each level."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
