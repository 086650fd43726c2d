"""Runs flows in threads. It loads no asyncio, which would be 6 ms of a cold start."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from amsdal_mail.backends.aws.call import NOT_SENT, Transmission, call_sdk, interrupted
from amsdal_mail.backends.aws.flow import Call, CallResult, Flow, Response
from amsdal_mail.backends.aws.halt import ENTRY_RESULTS, Halt

__all__ = ["FlowRun"]

T = TypeVar("T")


class FlowRun(Generic[T]):
    """One run of some flows, at most `max_concurrency` at once.

    When it is cancelled or interrupted, the flows end without further calls, and the error goes
    on. Then `results` has the result of each flow too.
    """

    def __init__(self, client: Any, flows: Sequence[Flow[T]], max_concurrency: int) -> None:
        self._client = client
        self._flows = flows
        self._pending = deque(range(len(flows)))
        self._width = min(max_concurrency, len(flows))
        self._halt = Halt()
        self._results: dict[int, T] = {}
        self._errors: list[BaseException] = []

    @property
    def results(self) -> list[T]:
        """The results so far, in the order of the flows."""
        return [self._results[index] for index in sorted(self._results)]

    def run(self) -> list[T]:
        """Run the flows in threads, and return their results.

        This thread is one of them. Where no other thread can be had, as in `atexit`, it does all.
        """
        helpers = self._start_helpers()
        self._work()
        for helper in helpers:
            helper.join()
        self._end_pending()
        if self._errors:
            raise self._errors[0]
        return self.results

    def _start_helpers(self) -> list[threading.Thread]:
        helpers: list[threading.Thread] = []
        for _ in range(self._width - 1):
            # A context can be entered by one thread at a time, so each gets a copy of its own.
            target = partial(copy_context().run, self._work)
            helper = threading.Thread(target=target, name="amsdal_mail")
            try:
                helper.start()
            except RuntimeError:  # the interpreter shuts down, or the system has no more threads
                break
            helpers.append(helper)
        return helpers

    def _work(self) -> None:
        try:
            while (index := self._next_index()) is not None:
                self._run_flow(index)
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self._errors.append(error)
            self._halt.all(NOT_SENT)

    def _next_index(self) -> int | None:
        try:
            return self._pending.popleft()
        except IndexError:
            return None

    def _run_flow(self, index: int) -> None:
        actions = self._actions(index)
        response: Response = None
        transmission: Transmission | None = None
        try:
            while True:
                action = actions.send(response)
                response = None
                if isinstance(action, float):
                    time.sleep(action)
                    continue
                transmission = Transmission(self._client)
                response = call_sdk(self._client, action, transmission)
                transmission = None
        except StopIteration:
            return
        except BaseException:
            self._end(index, interrupted(transmission))
            raise

    def _actions(self, index: int) -> Generator[float | Call, Response, None]:
        """Yield what the flow needs next: a pause in seconds, or the response of a call."""
        flow = self._flows[index]
        response: Response = None
        try:
            while True:
                step = flow.send(response)
                if isinstance(step, Call):
                    response = yield from self._respond(step)
                    continue
                response = None
                if not self._halt.is_total:
                    yield float(step.seconds)
        except StopIteration as end:
            self._results[index] = end.value

    def _respond(self, call: Call) -> Generator[float | Call, Response, Response]:
        if call.delay is not None and self._held_result(call) is None:
            yield float(call.delay())
        result = self._held_result(call)  # other calls went on meanwhile
        if result is not None:
            return result
        response = yield call
        if not isinstance(response, Mapping) or ENTRY_RESULTS in response:
            self._halt.note(call, response)
        return response

    def _held_result(self, call: Call) -> CallResult | None:
        return self._halt.result_for(call) if self._halt.results else None

    def _end_pending(self) -> None:
        while (index := self._next_index()) is not None:
            self._end(index, None)

    def _end(self, index: int, response: Response) -> None:
        """End a flow without further calls, so that it gives the results that it has."""
        flow = self._flows[index]
        try:
            while True:
                step = flow.send(response)
                response = None
                if isinstance(step, Call):
                    response = self._halt.result_for(step) or NOT_SENT
        except StopIteration as end:
            if end.value is not None:  # None: the flow itself was interrupted
                self._results[index] = end.value
