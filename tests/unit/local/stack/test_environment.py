from __future__ import annotations

from pathlib import Path

from local.stack import environment, ministack


def test_aws_settings_of_the_developer_are_replaced() -> None:
    inherited = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "token", "HOME": "/home/anna"}

    local = environment.for_local_aws(inherited, "http://localhost:4800")

    assert "AWS_PROFILE" not in local
    assert "AWS_SESSION_TOKEN" not in local
    assert local["AWS_ENDPOINT_URL"] == "http://localhost:4800"
    assert local["AWS_CONFIG_FILE"] == "/dev/null"
    assert local["HOME"] == "/home/anna"


def test_the_cdk_runs_the_app_with_the_python_of_the_caller() -> None:
    cdk = environment.for_cdk({"PATH": "/usr/bin"}, "http://localhost:4800")

    first, *rest = cdk["PATH"].split(":")

    assert first.endswith("/bin")
    assert first != "/usr/bin"
    assert rest == ["/usr/bin"]


def test_functions_inherit_the_simulator_and_nothing_else(tmp_path: Path) -> None:
    inherited = ministack.environment(4800, "http://localhost:4801", tmp_path)

    assert inherited["AWS_ENDPOINT_URL_SESV2"] == "http://localhost:4801"
    assert inherited["BIND_HOST"] == "127.0.0.1"
    assert inherited["TMPDIR"] == str(tmp_path)
    assert set(inherited) & {"PYTHONPATH", "VIRTUAL_ENV", "AWS_PROFILE"} == set()
