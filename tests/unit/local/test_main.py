"""The arguments of `python -m local`."""

from __future__ import annotations

import pytest

from local.__main__ import main


@pytest.mark.parametrize("option", ["--port", "--ses-port"])
@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_an_invalid_port_is_refused_by_name(
    option: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([f"{option}={port}"])

    error = f"argument {option}: must be a port from 1 to 65535, not '{port}'"
    assert error in capsys.readouterr().err


def test_the_two_ports_must_differ(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--port=4802", "--ses-port=4802"])

    error = capsys.readouterr().err
    assert (
        "--port and --ses-port (PORT and SES_PORT of make local) must differ, both are 4802"
        in error
    )


@pytest.mark.parametrize("command", ["chaos", "demo", "ses"])
def test_each_other_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert f"python -m local {command} " in capsys.readouterr().out

    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"python -m local {command} [-h]" in capsys.readouterr().out
