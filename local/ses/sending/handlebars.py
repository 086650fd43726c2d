"""Stored templates rendered by the handlebars library in one node process that stays up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.ses.templates import RenderingFailedError, missing_attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRIPT = Path(__file__).with_name("handlebars.mjs")
_LINE_LIMIT = 64 * 1024 * 1024


class Handlebars:
    """Started at the first rendering; requests go one after another."""

    def __init__(self, node: str = "node") -> None:
        self._node = node
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def render(self, template: str, data: Mapping[str, Any]) -> str:
        """Raises RenderingFailedError for a missing attribute or a broken template."""
        return await self._answer({"template": template, "data": data})

    async def check(self, template: str) -> None:
        """Raises RenderingFailedError when the template cannot be parsed."""
        await self._answer({"template": template})

    async def stop(self) -> None:
        """End the process if it was started."""
        process, self._process = self._process, None
        if process and process.returncode is None:
            process.terminate()
            await process.wait()

    async def _answer(self, request: Mapping[str, Any]) -> str:
        async with self._turn:
            found = json.loads(await self._ask(json.dumps(request).encode() + b"\n"))
        if "missing" in found:
            raise missing_attribute(found["missing"])
        if "broken" in found:
            raise RenderingFailedError(found["broken"])
        return str(found["text"])

    async def _ask(self, line: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await self._start()
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe below
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(line)
        await self._process.stdin.drain()
        answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError("node with the handlebars library ended; is `npm ci` done?")
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self._node,
            str(_SCRIPT),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
        )
