"""The folder `emails/`: pushes its templates to the local AWS, and again when a file changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from amsdal_mail.cli.errors import CommandError
from amsdal_mail.cli.output import clean
from amsdal_mail.cli.templates.check import check, has_errors
from amsdal_mail.cli.templates.engine import Engine
from amsdal_mail.cli.templates.errors import EngineError, VersionConflictError
from amsdal_mail.cli.templates.folder import read_template, template_names
from amsdal_mail.cli.templates.push import push
from amsdal_mail.cli.templates.versions import SESTemplates, StageTemplates, VersionTable
from local.terminal.progress import show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.stack.local_aws import LocalAWS
    from local.terminal.progress import Printer

__all__ = ["TemplateFolder"]

LOCAL_STAGE = "dev"
"""As in the settings of the local stack."""
POLL_SECONDS = 1.0
FILE_LIMIT = 2_000
"""Files that are looked at in a poll: a wrong folder must not cost all of the machine."""
KEEP = 3
"""Versions of a template. Each save of a file makes one."""

Signature = dict[str, tuple[tuple[str, int, int], ...]]


class TemplateFolder:
    """Pushes what changed since the last poll. An error is shown, and ends nothing."""

    def __init__(self, folder: Path, stage: StageTemplates, output: Printer = show) -> None:
        self._folder = folder
        self._stage = stage
        self._output = output
        self._seen: Signature = {}

    @classmethod
    def of(cls, folder: Path, aws: LocalAWS) -> TemplateFolder:
        """Return the folder of a running local AWS. The simulator of SES has no pace to keep."""
        table = VersionTable(aws.client("dynamodb"), aws.outputs["TableName"])
        return cls(
            folder, StageTemplates(table, SESTemplates(aws.client("sesv2"), pace=0), LOCAL_STAGE)
        )

    def watch(self) -> NoReturn:
        """Poll until the process ends."""
        while True:
            time.sleep(POLL_SECONDS)
            self.poll()

    def poll(self) -> None:
        """Push the templates whose files are new or have changed."""
        found = self._signature()
        changed = [name for name, files in found.items() if self._seen.get(name) != files]
        self._seen = found
        if changed:
            try:
                self._push(changed)
            except VersionConflictError:  # a push by hand at the same time: look again
                self._seen = {name: files for name, files in found.items() if name not in changed}
            except EngineError as error:
                self._output(f"  templates: {error.message} {error.cure}")
            except (CommandError, ClientError, BotoCoreError, OSError) as error:
                self._output(f"  templates: not pushed: {error}")

    def _push(self, names: list[str]) -> None:
        with Engine() as engine:
            for name in names:
                template = read_template(self._folder / name, engine)
                problems = check(template, engine)
                for problem in problems:
                    where = f"{problem.template}/{problem.file}".rstrip("/")
                    self._output(clean(f"  templates: {problem.level}: {where}: {problem.rule}"))
                if has_errors(problems):
                    continue
                for change in push([template], self._stage, keep=KEEP):
                    if change.action != "unchanged":
                        self._output(f"  templates: {name} {change.action} ({change.version})")

    def _signature(self) -> Signature:
        """Return size and time of the files of each template."""
        left = FILE_LIMIT
        found: Signature = {}
        for name in self._names():
            files = []
            for path in self._files(name):
                left -= 1
                if left < 0:
                    return found
                try:
                    stat = path.stat()
                except OSError:  # it was just deleted, or replaced by an editor
                    continue
                files.append((path.name, stat.st_size, stat.st_mtime_ns))
            found[name] = tuple(files)
        return found

    def _names(self) -> list[str]:
        try:
            return template_names(self._folder)
        except OSError:
            return []

    def _files(self, name: str) -> Iterator[Path]:
        try:
            yield from sorted((self._folder / name).iterdir())
        except OSError:
            return
