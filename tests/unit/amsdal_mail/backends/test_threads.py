"""Sends in threads: when the interpreter ends, across a fork, and with context variables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from amsdal_mail import EmailMessage, cancelled_status
from amsdal_mail.backends.aws import clients
from tests.unit.amsdal_mail.backends.servers import (
    Server,
    accept_mail,
    hang,
    respond,
    serving,
    ses,
)


def message(name: str = "a") -> EmailMessage:
    return EmailMessage(subject="Hi", body="Hello", from_email="s@x.io", to=[f"{name}@x.io"])


MESSAGES = [message(name) for name in "abcdef"]

PREPARE = """
import asyncio, atexit, os, sys, threading, time
sys.path.insert(0, "lambdas")
from amsdal_mail import EmailMessage, get_connection
messages = [
    EmailMessage(subject="s", body="b", from_email="f@x.io", to=[f"{name}@x.io"])
    for name in "abcdef"
]
connection = get_connection(
    "ses", endpoint_url=sys.argv[1], region_name="eu-west-1", max_concurrency=4,
    aws_access_key_id="A", aws_secret_access_key="s",
)
def send():
    print(connection.send_messages(messages).is_success, flush=True)
"""
ENDINGS = {
    "atexit with send_mail": """
os.environ |= {
    "AWS_ENDPOINT_URL_SESV2": sys.argv[1], "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
}
def send_six():
    from amsdal_mail import send_mail
    for name in "abcdef":
        print(send_mail("s", "b", "f@x.io", [f"{name}@x.io"]).is_success)
atexit.register(send_six)
""",
    "atexit": "atexit.register(send)",
    "atexit after a send": "send(); atexit.register(send)",
    "atexit in async code": """
atexit.register(lambda: print(asyncio.run(connection.asend_messages(messages)).is_success))
""",
    "thread after the main thread": """
def work():
    threading.main_thread().join()
    time.sleep(0.2)
    send()
threading.Thread(target=work).start()
""",
    "async thread after the main thread": """
def work():
    threading.main_thread().join()
    time.sleep(0.2)
    print(asyncio.run(connection.asend_messages(messages)).is_success, flush=True)
threading.Thread(target=work).start()
""",
}


def run_program(code: str, server: Server) -> str:
    command = [sys.executable, "-c", PREPARE + code, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("code", ENDINGS.values(), ids=ENDINGS)
def test_send_works_while_the_interpreter_ends(code: str) -> None:
    with serving(accept_mail) as server:
        printed = run_program(code, server)

    assert set(printed.split()) == {"True"}
    assert len(server.bodies) >= 6


def test_without_threads_the_calls_go_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "amsdal_mail":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with serving(accept_mail) as server:
        status = ses(server.url).send_messages(MESSAGES)

    assert status.is_success
    assert server.connections == 1


TRACE: ContextVar[str] = ContextVar("trace", default="none")


def test_context_variables_reach_the_calls() -> None:
    seen: list[tuple[str, str]] = []

    def note(**_: Any) -> None:
        seen.append((TRACE.get(), threading.current_thread().name))
        time.sleep(0.05)  # so that no thread does the work of all

    with serving(accept_mail) as server:
        backend = ses(server.url)
        backend.client().meta.events.register("before-call.sesv2", note)
        token = TRACE.set("request 1")
        backend.send_messages(MESSAGES)
        TRACE.reset(token)

    assert {trace for trace, _ in seen} == {"request 1"}
    assert len({thread for _, thread in seen}) > 1


def test_error_of_another_thread_is_raised() -> None:
    with serving(accept_mail) as server:
        backend = ses(server.url, max_concurrency=2)  # this thread and one helper
        threads: set[str] = set()
        both = threading.Barrier(2)

        def interrupt_helper(**_: Any) -> None:
            name = threading.current_thread().name
            if name not in threads:
                threads.add(name)
                both.wait(20)
            if threading.current_thread() is not threading.main_thread():
                raise SystemExit

        backend.client().meta.events.register("before-call.sesv2", interrupt_helper)
        with pytest.raises(SystemExit):
            backend.send_messages(MESSAGES)


@pytest.fixture
def _interruptible() -> Iterator[None]:
    # A job in the background of a shell ignores SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_interrupted_send_says_what_had_gone_out() -> None:
    def accept_two(server: Server, connection: Any) -> None:
        for _ in range(2):
            server.read_request(connection)
            respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)
        server.read_request(connection)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        hang(server, connection)

    with serving(accept_two) as server:
        backend = ses(server.url, max_concurrency=1)
        with pytest.raises(KeyboardInterrupt) as caught:
            backend.send_messages(MESSAGES)

    status = cancelled_status(caught.value)
    assert status is not None
    states = [recipient.state.value for recipient in status.recipients.values()]
    assert states == ["accepted", "accepted", "unknown", "failed", "failed", "failed"]


FORKS = {
    "while the client is made": "thread.start(); time.sleep(0.05)",
    "while the SDK is imported": "thread.start(); time.sleep(0.005)",
    "while a call waits": "connection.client(); thread.start(); time.sleep(0.2)",
    "while a lock is held": "connection.client(); connection._lock.acquire()",
    "while the rate is asked": "connection._rate_limiter._lock.acquire()",
}


@pytest.mark.parametrize("moment", FORKS.values(), ids=FORKS)
def test_fork_during_a_send_does_not_hang_the_child(moment: str) -> None:
    code = f"""
connection = get_connection(
    "ses", endpoint_url=sys.argv[1], region_name="eu-west-1", max_send_rate=1000,
    aws_access_key_id="A", aws_secret_access_key="s",
)
thread = threading.Thread(target=lambda: connection.send_messages(messages), daemon=True)
{moment}
pid = os.fork()
if not pid:
    import signal
    signal.alarm(20)  # ends a child that hangs
    send()
    os._exit(0)
print(os.waitpid(pid, 0)[1], flush=True)
"""

    def slow(server: Server, connection: Any) -> None:
        while server.read_request(connection):
            time.sleep(0.3)
            respond(b"200 OK", b'{"MessageId": "1"}')(server, connection)

    with serving(slow) as server:
        command = [sys.executable, "-W", "ignore", "-c", PREPARE + code, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.split() == ["True", "0"], done.stderr


def test_fork_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "FORK_PATIENCE", 0.1)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with clients.making_client():
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    clients._before_fork()
    clients._after_fork_in_parent()
    done.set()
    thread.join()

    assert clients.making.acquire(timeout=1)
    clients.making.release()
