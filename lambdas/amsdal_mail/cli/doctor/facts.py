"""Facts: what AWS and the DNS say about a stage, each asked once however many checks need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from amsdal_mail.cli.doctor.findings import NotCheckedError

if TYPE_CHECKING:
    from pathlib import Path

    from amsdal_mail.cli.doctor.name_server import NameServer
    from amsdal_mail.cli.stage import Stage

__all__ = ["Answer", "Facts"]

Answer = Mapping[str, Any]


class _Once:
    """A call that is made once. All others wait for its result, or get its error."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._lock, self._call = Lock(), call
        self._result: Any = None
        self._error: Exception | None = None
        self._is_done = False

    def get(self) -> Any:
        with self._lock:
            if not self._is_done:
                try:
                    self._result = self._call()
                except Exception as error:  # noqa: BLE001 - each check reports it
                    self._error = error
                self._is_done = True
        if self._error is not None:
            raise self._error
        return self._result


@dataclass(slots=True)
class Facts:
    """The stage that is examined, and the answers so far. Its methods may be called in threads.

    `dns` is None where no name server is to be asked; `checkout` where there is no source code.

    Raises:
        ClientError, BotoCoreError: AWS refuses a call, or cannot be reached.
    """

    stage: Stage
    dns: NameServer | None = None
    checkout: Path | None = None
    _calls: dict[object, _Once] = field(default_factory=dict, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def ask(self, service: str, operation: str, **arguments: Any) -> Answer:
        """Return AWS's response to a call, which is made once."""
        key = (service, operation, repr(sorted(arguments.items())))
        answer: Answer = self.once(
            key, lambda: getattr(self.client(service), operation)(**arguments)
        )
        return answer

    def once(self, key: object, call: Callable[[], Any]) -> Any:
        """Return the result of a call that is made once for the key."""
        with self._lock:
            if key not in self._calls:
                self._calls[key] = _Once(call)
            pending = self._calls[key]
        return pending.get()

    def client(self, service: str) -> Any:
        """Return the client of a service. A session makes them in one thread only.

        https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html
        """
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.stage.client(service)
            return self._clients[service]

    def output(self, name: str) -> str:
        """Return an output of the stack.

        Raises:
            NotCheckedError: the stack is older than this output.
        """
        if not (value := self.stage.outputs.get(name)):
            raise NotCheckedError(f"the stack has no output {name}: deploy it again")
        return value

    def function(self, output: str) -> Answer:
        """Return the configuration of a function, by the output with its name."""
        return self.ask("lambda", "get_function_configuration", FunctionName=self.output(output))

    def variable(self, name: str) -> str:
        """Return a variable of the send function, "" when it has none."""
        environment = self.function("SendFunctionName").get("Environment") or {}
        return str((environment.get("Variables") or {}).get(name, ""))

    @property
    def identities(self) -> list[str]:
        """The identities that the send function may use, the sender first.

        Raises:
            NotCheckedError: the function names none.
        """
        names = [name for name in self.variable("SES_IDENTITIES").split(",") if name]
        if not names:
            raise NotCheckedError("the send function names no identity: deploy the stage again")
        return names

    @property
    def domain(self) -> str:
        """The domain of the sender."""
        return self.identities[0].rpartition("@")[2].lower()

    def identity(self, name: str) -> Answer:
        """Return an identity as SES shows it."""
        return self.ask("sesv2", "get_email_identity", EmailIdentity=name)

    @property
    def account(self) -> Answer:
        """The SES account in the region of the stage."""
        return self.ask("sesv2", "get_account")

    @property
    def name_server(self) -> NameServer:
        """The name server to ask.

        Raises:
            NotCheckedError: none is to be asked.
        """
        if self.dns is None:
            raise NotCheckedError("not in the local AWS: --resolver HOST:PORT names a name server")
        return self.dns
