"""Async sends: any number of event loops, no long stall, cancellation, no redirect."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from amsdal_mail import (
    Attachment,
    ConfigurationError,
    EmailMessage,
    SendStatus,
    cancelled_status,
)
from tests.unit.amsdal_mail.backends.servers import (
    Handle,
    Server,
    accept_mail,
    hang,
    respond,
    send_by,
    serving,
    ses,
)


def message(name: str = "a", **fields: Any) -> EmailMessage:
    given = {"subject": "Hi", "body": "Hello", "from_email": "s@x.io", "to": [f"{name}@x.io"]}
    return EmailMessage(**given | fields)


def states(status: SendStatus | None) -> dict[str, str]:
    assert status is not None
    return {address[0]: recipient.state.value for address, recipient in status.recipients.items()}


def test_one_connection_serves_one_event_loop_after_the_other() -> None:
    with serving(accept_mail) as server:
        backend = ses(server.url)

        async def send() -> SendStatus:
            async with backend:
                await backend.asend_messages([message()])
                return await backend.asend_messages([message()])

        first, second = asyncio.run(send()), asyncio.run(send())
        third = asyncio.run(backend.asend_messages([message()]))

    assert first.is_success
    assert second.is_success
    assert third.is_success
    assert server.connections == 3


def test_event_loop_that_ended_without_close_is_forgotten() -> None:
    with serving(accept_mail) as server:
        backend = ses(server.url)
        asyncio.run(backend.aopen())

        status = asyncio.run(backend.asend_messages([message()]))

    assert status.is_success


def test_event_loops_side_by_side_have_a_client_each() -> None:
    statuses: list[SendStatus] = []
    barrier = threading.Barrier(3)
    with serving(accept_mail) as server:
        backend = ses(server.url)

        async def send() -> None:
            async with backend:
                for _ in range(5):
                    await asyncio.to_thread(barrier.wait, 20)
                    statuses.append(await backend.asend_messages([message(), message("b")]))

        threads = [threading.Thread(target=asyncio.run, args=(send(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert len(statuses) == 15
    assert all(status.is_success for status in statuses)


async def test_send_in_progress_outlives_the_close_of_another_task() -> None:
    arrived, release = threading.Event(), threading.Event()

    def slow(server: Server, connection: Any) -> None:
        server.read_request(connection)
        arrived.set()
        release.wait(20)
        respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)

    with serving(slow) as server:
        backend = ses(server.url)
        async with backend:
            sending = asyncio.create_task(backend.asend_messages([message()]))
            await asyncio.to_thread(arrived.wait, 20)
        release.set()
        status = await sending

    assert status.is_success, status


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize(
    ("code", "state"),
    [
        (b"301", "failed"),
        (b"302", "failed"),
        (b"307", "failed"),
        (b"308", "failed"),
    ],
)
async def test_redirect_is_not_followed(way: str, code: bytes, state: str) -> None:
    with serving(accept_mail) as other:
        headers = b"location: " + other.url.encode() + b"/\r\n"

        def redirect(server: Server, connection: Any) -> None:
            server.read_request(connection)
            respond(code + b" Elsewhere", b"", headers)(server, connection)

        with serving(redirect) as server:
            status, error = await send_by(way, ses(server.url), [message()])

    assert other.connections == 0
    assert states(status) == {"a": state}
    assert (error is not None) is (state == "failed")


Cancel = Callable[[Awaitable[Any]], Awaitable[BaseException]]
PATIENCE = 2.0
"""Seconds after which a send is cancelled. A busy machine needs them for three emails."""


async def by_timeout(sending: Awaitable[Any]) -> BaseException:
    with pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(PATIENCE):
            await sending
    return caught.value


async def by_wait_for(sending: Awaitable[Any]) -> BaseException:
    with pytest.raises(TimeoutError) as caught:
        await asyncio.wait_for(sending, PATIENCE)
    return caught.value


async def by_cancel(sending: Awaitable[Any]) -> BaseException:
    task = asyncio.ensure_future(sending)
    await asyncio.sleep(PATIENCE)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return caught.value


def accept_then_hang(count: int) -> Handle:
    """Accept some emails of a connection, and read the next without a response."""

    def handle(server: Server, connection: Any) -> None:
        for _ in range(count):
            server.read_request(connection)
            respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)
        server.read_request(connection)
        hang(server, connection)

    return handle


@pytest.mark.parametrize("cancel", [by_timeout, by_wait_for, by_cancel])
async def test_cancelled_send_says_what_had_gone_out(cancel: Cancel) -> None:
    with serving(accept_then_hang(2)) as server:
        async with ses(server.url, max_concurrency=1) as backend:
            error = await cancel(backend.asend_messages([message(name) for name in "abcde"]))

    status = cancelled_status(error)
    assert states(status) == {
        "a": "accepted",
        "b": "accepted",
        "c": "unknown",
        "d": "failed",
        "e": "failed",
    }
    assert status is not None
    assert len(status.messages) == 5
    assert len(server.bodies) == 3


async def test_cancelled_error_itself_has_the_status() -> None:
    with serving(hang) as server:
        async with ses(server.url) as backend:
            error = await by_cancel(backend.asend_messages([message()]))

    assert type(error) is asyncio.CancelledError
    assert states(error.status) == {"a": "unknown"}  # type: ignore[attr-defined]


async def test_cancelled_in_the_pause_before_a_retry_is_failed() -> None:
    def throttle(server: Server, connection: Any) -> None:
        while server.read_request(connection):
            respond(b"503 Slow Down")(server, connection)

    with serving(throttle) as server:
        async with ses(server.url, max_attempts=50) as backend:
            error = await by_cancel(backend.asend_messages([message()]))

    assert states(cancelled_status(error)) == {"a": "failed"}


async def test_cancelled_while_it_connects_is_failed() -> None:
    with serving(hang) as server:
        backend = ses(f"https://127.0.0.1:{server.port}", max_concurrency=1)
        async with backend:
            error = await by_cancel(backend.asend_messages([message("a"), message("b")]))

    assert states(cancelled_status(error)) == {"a": "failed", "b": "failed"}


async def test_large_email_cancelled_while_it_connects_is_never_sent() -> None:
    large = message(attachments=[Attachment("a.bin", bytes(2_000_000), "a/b")])
    with serving(hang) as server:
        backend = ses(f"https://127.0.0.1:{server.port}")
        error = await by_cancel(backend.asend_messages([large]))

    assert states(cancelled_status(error)) == {"a": "failed"}
    assert server.bodies == []


def test_other_errors_have_no_status() -> None:
    assert cancelled_status(ValueError()) is None
    assert cancelled_status(ConfigurationError("x", SendStatus({}))) is None
    assert cancelled_status(asyncio.CancelledError()) is None
    circle = ValueError()
    circle.__context__ = KeyError()
    circle.__context__.__context__ = circle
    assert cancelled_status(circle) is None


async def longest_stall(work: Awaitable[Any], clock: Callable[[], float]) -> float:
    """Return the longest time in seconds for which the work kept the event loop to itself."""
    stalls = [0.0]

    async def tick() -> None:
        while True:
            before = clock()
            await asyncio.sleep(0)
            stalls.append(clock() - before)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    await work
    await asyncio.sleep(0.01)
    ticking.cancel()
    return max(stalls)


async def least_stall(work: Callable[[], Awaitable[Any]]) -> float:
    """Return the longest stall of the best of some runs: on a busy machine, CPU time grows too."""
    stalls = []
    for _ in range(5):
        stalls.append(await longest_stall(work(), time.thread_time))
        if stalls[-1] < 0.05:
            break
    return min(stalls)


WORK: dict[str, list[EmailMessage]] = {
    "one email": [message()],
    "many emails": [message(f"a{n}") for n in range(1000)],
    "large attachment": [message(attachments=[Attachment("a.bin", bytes(10_000_000), "a/b")])],
    "large body": [message(body="a" * 4_000_000)],
    "merged": [message(to=[f"a{n}@x.io" for n in range(3000)], merge_data={}, body="Hi")],
}


@pytest.mark.parametrize("messages", WORK.values(), ids=WORK)
async def test_send_never_stalls_the_event_loop(messages: list[EmailMessage]) -> None:
    # On the CPU: the server has threads in this process, and the machine runs other tests.
    with serving(accept_mail) as server:
        backend = ses(server.url, read_timeout=30)
        await backend.asend_messages([message()])
        stall = await least_stall(lambda: backend.asend_messages(messages))

    assert stall < 0.05


async def test_many_sends_at_once_take_turns() -> None:
    with serving(accept_mail) as server:
        async with ses(server.url, read_timeout=30) as backend:
            await backend.asend_messages([message()])
            stall = await least_stall(
                lambda: asyncio.gather(*(backend.asend_messages([message()]) for _ in range(200)))
            )

    assert stall < 0.05


def accept_late(server: Server, connection: socket.socket) -> None:
    while server.read_request(connection):
        time.sleep(1)
        respond(b"200 OK", b'{"MessageId": "0100-a"}')(server, connection)


async def test_send_does_not_block_the_event_loop() -> None:
    """A call that blocks would keep the loop to itself for the second that the server takes."""
    with serving(accept_late) as server:
        backend = ses(server.url)
        await backend.asend_messages([message()])
        stall = await longest_stall(backend.asend_messages([message()]), time.perf_counter)

    assert stall < 0.5


FIRST = """
import asyncio, sys, time
sys.path[:0] = ["lambdas", "."]
from tests.unit.amsdal_mail.backends.test_event_loops import longest_stall, message, ses
send = ses(sys.argv[1]).asend_messages([message()])
print(asyncio.run(longest_stall(send, time.perf_counter)))
"""


def test_first_send_stalls_the_event_loop_for_a_moment_only() -> None:
    with serving(accept_mail) as server:
        command = [sys.executable, "-c", FIRST, server.url]
        stalls: list[float] = []
        while len(stalls) < 5 and min(stalls, default=1) >= 0.25:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            stalls.append(float(done.stdout))

    assert len(server.bodies) == len(stalls)
    assert min(stalls) < 0.25, stalls
