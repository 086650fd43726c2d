"""`console`: its port, and what is refused before anything is served."""

from __future__ import annotations

import socket

import pytest

from tests.unit.amsdal_mail.cli.conftest import RunCommand


def test_port_in_use_is_refused_with_a_cure(amsdal_mail: RunCommand) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        done = amsdal_mail("console", "--no-open", "--port", str(port))

    assert done.code == 2
    assert f"--port {port} cannot be used: Address already in use." in done.err
    assert "Choose another port" in done.err
    assert done.out == ""


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_port_that_is_none_is_refused(amsdal_mail: RunCommand, port: str) -> None:
    done = amsdal_mail("console", "--port", port)

    assert done.code == 2
    assert "--port" in done.err


def test_help_has_examples_and_says_that_it_only_reads(amsdal_mail: RunCommand) -> None:
    done = amsdal_mail("console", "--help")

    assert done.code == 0
    assert "amsdal-mail console --stage prod --allow-changes" in done.out
    assert "only reads" in done.out
