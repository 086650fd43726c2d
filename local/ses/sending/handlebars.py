"""Renders stored templates with the handlebars library, in a node process that stays up."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from amsdal_mail.cli.templates.engine import SCRIPT
from local.ses.templates import Renderer, RenderingFailedError, missing_attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Handlebars"]

LINE_LIMIT = 64 * 1024 * 1024


class Handlebars(Renderer):
    """The renderer of stored templates. It handles one request at a time.

    The node process starts at the first request. A missing attribute and a broken template raise
    RenderingFailedError.
    """

    def __init__(self, node: str = "node") -> None:
        self._node = node
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()

    @override
    async def render(self, template: str, data: Mapping[str, Any]) -> str:
        return await self._request({"template": template, "data": data})

    async def check(self, template: str) -> None:
        """Check that a template can be parsed. Raises RenderingFailedError."""
        await self._request({"template": template})

    async def stop(self) -> None:
        """Stop the node process if it is running."""
        process, self._process = self._process, None
        if process and process.returncode is None:
            process.terminate()
            await process.wait()

    async def _request(self, request: Mapping[str, Any]) -> str:
        async with self._lock:
            response = json.loads(await self._exchange(json.dumps(request).encode() + b"\n"))
        if "missing" in response:
            raise missing_attribute(response["missing"])
        if "broken" in response:
            raise RenderingFailedError(response["broken"])
        return str(response["text"])

    async def _exchange(self, line: bytes) -> bytes:
        if self._process is None or self._process.returncode is not None:
            self._process = await self._start()
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe below
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(line)
        await self._process.stdin.drain()
        response = await self._process.stdout.readline()
        if not response:
            raise RuntimeError("the node process with handlebars ended; was `npm ci` run?")
        return response

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self._node,
            str(SCRIPT),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_LIMIT,
        )
