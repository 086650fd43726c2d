"""The arguments of `python -m local`."""

import pytest

from local.__main__ import main


@pytest.mark.parametrize("option", ["--port", "--ses-port"])
@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_what_is_no_port_is_refused_by_name(
    option: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([f"{option}={port}"])

    said = f"argument {option}: must be a port from 1 to 65535, not '{port}'"
    assert said in capsys.readouterr().err


def test_one_port_for_both_is_refused_by_both_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--port=4802", "--ses-port=4802"])

    error = capsys.readouterr().err
    assert "--port and --ses-port (PORT and SES_PORT of make local) are both 4802" in error
