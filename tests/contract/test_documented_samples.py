"""The samples of the library's documentation, run as printed against the SES simulator."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from amsdal_mail import SendStatus
from amsdal_mail.backends.ses import SESBackend

DOCUMENT = Path(__file__).with_name("documented_samples.md").read_text()
SAMPLES = re.findall(r"^## (.+?)\n+```python\n(.+?)```", DOCUMENT, re.MULTILINE | re.DOTALL)


async def run(sample: str, names: dict[str, Any]) -> None:
    code = compile(sample, "sample", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.isawaitable(result):
        await result


@pytest.fixture
def names(aws_environment: None) -> dict[str, Any]:
    ses = boto3.client("sesv2")
    if not ses.list_email_templates()["TemplatesMetadata"]:
        ses.create_email_template(
            TemplateName="welcome-template",
            TemplateContent={"Subject": "Welcome, {{name}}!", "Text": "{{plan}}, {{company}}"},
        )
    return {}


def test_all_samples_are_found() -> None:
    assert len(SAMPLES) == DOCUMENT.count("```python") == 8


@pytest.mark.parametrize("count", range(1, len(SAMPLES) + 1), ids=[title for title, _ in SAMPLES])
async def test_sample_runs_as_printed(
    count: int, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    for _, sample in SAMPLES[:count]:
        names.pop("status", None)
        await run(sample, names)

    status = names.get("status")
    if "status" in SAMPLES[count - 1][1]:
        assert isinstance(status, SendStatus)
        assert status.is_success
        assert status.message_id
    else:
        assert isinstance(names["conn"], SESBackend)
        assert names["conn"].configuration_set == "my-tracking-set"
    assert "True" in capsys.readouterr().out or count == 1


async def test_each_recipient_of_the_template_has_an_id(names: dict[str, Any]) -> None:
    await run(dict(SAMPLES)["Template"], names)

    ids = {recipient.message_id for recipient in names["status"].recipients.values()}
    assert set(names["status"].recipients) == {"alice@example.com", "bob@example.com"}
    assert len(ids) == 2
