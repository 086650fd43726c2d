"""The whole local AWS: MiniStack, the SES simulator and the deployed stack."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from local.process.ports import free_port, require_free
from local.stack import ministack, ses_simulator
from local.stack.cdk import assembly_dir
from local.stack.clients import client
from local.stack.deploy import deploy
from local.stack.environment import isolated, trusting
from local.terminal.progress import show, step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from local.terminal.progress import Printer

__all__ = ["LocalAWS"]


@dataclass
class LocalAWS:
    """A context manager that starts the local AWS, with the stack deployed within the block.

    `run_dir` is emptied at the start; the logs are written to it. The ports are free ones unless
    they are given.

    Raises:
        PortInUseError: a port is in use. Nothing has been started.
        ProcessError: a process failed. The text has the last lines of its log.
    """

    run_dir: Path
    port: int = field(default_factory=free_port)
    ses_port: int = field(default_factory=free_port)
    output: Printer = show
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of the stack, over those of the local AWS."""
    strict: bool = False
    """Whether MiniStack checks signatures and IAM policies, and uses TLS."""
    ministack_pid: int = field(default=0, init=False)
    outputs: dict[str, str] = field(default_factory=dict, init=False)
    _running: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    @property
    def endpoint(self) -> str:
        """The `endpoint_url` of each boto3 client except sesv2."""
        return f"{'https' if self.strict else 'http'}://localhost:{self.port}"

    @property
    def ses_url(self) -> str:
        """The `endpoint_url` of a sesv2 client: the SES simulator."""
        return f"http://localhost:{self.ses_port}"

    @property
    def api_url(self) -> str:
        """The HTTP API, by its path: not all systems resolve host names below localhost."""
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['ApiId']}/$default"

    def client(self, service: str) -> Any:
        """Return a boto3 client. A sesv2 client calls the SES simulator."""
        return client(service, self.ses_url if service == "sesv2" else self.endpoint)

    def __enter__(self) -> Self:
        require_free(self.port, purpose="MiniStack", option="--port, or make local PORT=...")
        require_free(
            self.ses_port,
            purpose="the SES simulator",
            option="--ses-port, or make local SES_PORT=...",
        )
        shutil.rmtree(self.run_dir, ignore_errors=True)
        self.run_dir.mkdir(parents=True)
        try:
            self._start()
        except BaseException:
            self._running.close()
            raise
        return self

    def _start(self) -> None:
        run_dir, enter = self.run_dir, self._running.enter_context
        enter(isolated())
        with step(f"start MiniStack on port {self.port}", output=self.output):
            if self.strict:
                enter(trusting(ministack.certificate(run_dir)))
            self.ministack_pid = enter(
                ministack.running(
                    self.port, ses_url=self.ses_url, run_dir=run_dir, strict=self.strict
                )
            )
        with step(f"start the SES simulator on port {self.ses_port}", output=self.output):
            enter(ses_simulator.running(self.ses_port, aws_endpoint=self.endpoint, run_dir=run_dir))
        self.outputs = deploy(self.endpoint, self.settings, run_dir=run_dir, output=self.output)
        stack = {
            "api_url": self.api_url,
            "aws_endpoint": self.endpoint,
            "outputs": self.outputs,
        }
        ses_simulator.control(self.ses_url, "PUT", "stack", stack)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The processes stop too when the text cannot be shown.
        with self._running, step("stop all processes", output=self.output):
            self._running.close()
            shutil.rmtree(assembly_dir(self.run_dir), ignore_errors=True)
