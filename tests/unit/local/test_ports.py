import socket

import pytest

from local.__main__ import main
from local.ports import PortInUseError, free_port, require_free


def test_a_busy_port_is_named_with_the_way_to_choose_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(PortInUseError, match=rf"port {port} .* is in use.*--port") as caught:
            require_free(port, purpose="the local AWS", option="--port")

    assert caught.value.port == port


def test_a_free_port_is_accepted() -> None:
    require_free(free_port(), purpose="the local AWS", option="--port")


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
