from __future__ import annotations

import socket

import pytest

from local.process.ports import PortInUseError, free_port, require_free


def test_a_busy_port_is_reported_with_the_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(PortInUseError, match=rf"port {port} .* is in use.*--port") as caught:
            require_free(port, purpose="the local AWS", option="--port")

    assert caught.value.port == port


def test_a_free_port_is_accepted() -> None:
    require_free(free_port(), purpose="the local AWS", option="--port")
