"""The SDK of async code: aioboto3 where it is installed, else aiobotocore."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from amsdal_mail import ConfigurationError, EmailMessage
from amsdal_mail.backends.ses import SESBackend

MESSAGE = EmailMessage(body="b", from_email="f@x.io", to=["a@x.io"])


class Aioboto3UsedError(Exception):
    """Raised by the stand-in for aioboto3."""


class Session:
    """Stands for aioboto3.Session."""

    def client(self, *_args: Any, **options: Any) -> Any:
        raise Aioboto3UsedError(options)


def ses() -> SESBackend:
    return SESBackend(
        environ={}, region_name="eu-west-1", aws_access_key_id="A", aws_secret_access_key="s"
    )


async def test_aioboto3_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    aioboto3 = ModuleType("aioboto3")
    aioboto3.Session = Session  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "aioboto3", aioboto3)

    with pytest.raises(Aioboto3UsedError) as caught:
        await ses().aopen()

    (options,) = caught.value.args
    assert options["region_name"] == "eu-west-1"
    assert options["aws_access_key_id"] == "A"
    assert options["config"].retries["total_max_attempts"] == 1


async def test_aiobotocore_is_used_without_aioboto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aioboto3", None)
    backend = ses()

    async with backend, backend._async_clients().client() as client:
        pass

    assert type(client).__mro__[1].__module__ == "aiobotocore.client"
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.user_agent.startswith("amsdal_mail")
    assert client._request_signer._credentials.access_key == "A"


async def test_without_an_async_sdk_the_extras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aioboto3", None)
    monkeypatch.setitem(sys.modules, "aiobotocore.config", None)
    monkeypatch.delitem(sys.modules, "amsdal_mail.backends.aws.async_sdk", raising=False)

    with pytest.raises(ConfigurationError, match=r"amsdal_mail\[ses\].*amsdal_mail\[ses-current\]"):
        await ses().asend_messages([MESSAGE])


def test_sync_code_loads_no_async_sdk() -> None:
    code = """
import sys
from amsdal_mail.backends.ses import SESBackend
SESBackend(environ={}, region_name="eu-west-1").client()
print({"aioboto3", "aiobotocore", "aiohttp"} & set(sys.modules))
"""
    command = [sys.executable, "-c", code]

    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd="lambdas")

    assert loaded.stdout.strip() == "set()"
