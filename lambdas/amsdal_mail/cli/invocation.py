"""Invocation: the options that all commands share, and what the commands get from them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from amsdal_mail.cli.stage import DEFAULT_STAGE, find_stage

if TYPE_CHECKING:
    from amsdal_mail.cli.service import Service
    from amsdal_mail.cli.stage import Stage

__all__ = ["STAGE_VARIABLE", "Invocation", "default_stage"]

STAGE_VARIABLE = "AMSDAL_MAIL_STAGE"


def default_stage() -> str:
    """Return the stage for a command that names none."""
    return os.environ.get(STAGE_VARIABLE) or DEFAULT_STAGE


def _service(stage: Stage) -> Service:
    from amsdal_mail.cli.service import Service

    return Service(stage)


@dataclass
class Invocation:
    """One run of the command line: `ctx.obj` of each command.

    A command that needs no stage looks for none.
    """

    stage_name: str = field(default_factory=default_stage)
    profile: str | None = None
    region: str | None = None
    find: Callable[[str, str | None, str | None], Stage] = field(default=find_stage, repr=False)
    connect: Callable[[Stage], Service] = field(default=_service, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    _stage: Stage | None = field(default=None, repr=False)
    _connected: Service | None = field(default=None, repr=False)

    def stage(self) -> Stage:
        """Return the stage. It is looked up once.

        Raises:
            StageError: it is not there.
        """
        if self._stage is None:
            self._stage = self.find(self.stage_name, self.profile, self.region)
        return self._stage

    def service(self) -> Service:
        """Return the API of the stage.

        Raises:
            StageError: the stage is not there.
        """
        if self._connected is None:
            self._connected = self.connect(self.stage())
        return self._connected
