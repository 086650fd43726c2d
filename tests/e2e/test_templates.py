"""Templates as code on the deployed stack: push, send, see the version, roll back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from amsdal_mail.cli.__main__ import run
from amsdal_mail.cli.invocation import Invocation
from amsdal_mail.cli.stack import Stage
from local.chaos.faults import LONGEST_DELAY_SECONDS, short_delays
from local.stack.environment import ACCESS_KEY, REGION, SECRET_KEY
from tests.e2e.service import Service, to
from tests.unit.amsdal_mail.cli.templates.fakes import write

Cli = Callable[..., Any]


@pytest.fixture
def stage(service: Service) -> Stage:
    aws = service.aws
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    return Stage(
        "local",
        REGION,
        "AmsdalMail-dev",
        aws.outputs,
        session,
        endpoint_url=aws.endpoint,
        is_local=True,
        endpoints={"sesv2": aws.ses_url},
    )


@pytest.fixture
def cli(stage: Stage, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Run a command of templates, and return its JSON."""

    def call(*arguments: str) -> Any:
        code = run(["templates", *arguments, "--json"], Invocation("local", find=lambda *_: stage))
        out, err = capfd.readouterr()
        assert code == 0, (out, err)
        return json.loads(out)

    return call


def send(service: Service, name: str, **fields: Any) -> str:
    key = f"template-{uuid4().hex}"
    request = {
        "template_id": name,
        "from_email": "orders@example.com",
        "to": [to("success")],
        "merge_global_data": {"name": "Anna"},
    }
    response = service.post("/emails", request | fields, {"Idempotency-Key": key})
    assert response.status in {200, 202}, response
    return key


def delivered(service: Service, key: str) -> tuple[str | None, str]:
    """Return the version that the record has, and the subject that SES sent."""
    email = service.wait_for_state(key, "delivered")
    (sent, *_) = service.sent_by_ses(key)
    return email["email"]["template_version"], sent["subject"]


def test_record_says_which_version_went_out(service: Service, cli: Cli, tmp_path: Path) -> None:
    name = f"hello-{uuid4().hex[:8]}"
    folder = ["--folder", str(tmp_path)]
    write(tmp_path, name)
    (first,) = cli("push", name, *folder)["changes"]
    assert delivered(service, send(service, name)) == (first["version"], "Hi Anna")

    write(tmp_path, name, subject_txt="Welcome {{name}}\n")
    (second,) = cli("push", name, *folder)["changes"]
    assert delivered(service, send(service, name)) == (second["version"], "Welcome Anna")

    assert cli("rollback", name)["version"] == first["version"]
    assert delivered(service, send(service, name)) == (first["version"], "Hi Anna")


def test_events_carry_the_version(service: Service, cli: Cli, tmp_path: Path) -> None:
    name = f"hello-{uuid4().hex[:8]}"
    write(tmp_path, name)
    (change,) = cli("push", name, "--folder", str(tmp_path))["changes"]

    key = send(service, name)
    delivered(service, key)

    (sent,) = service.sent_by_ses(key)
    assert sent["tags"]["email_template_version"] == [change["version"]]


def test_large_email_and_queue_take_the_version(service: Service, cli: Cli, tmp_path: Path) -> None:
    name = f"hello-{uuid4().hex[:8]}"
    write(tmp_path, name)
    (change,) = cli("push", name, "--folder", str(tmp_path))["changes"]
    addresses = [to(f"success+{number}") for number in range(60)]

    key = send(
        service,
        name,
        to=addresses,
        merge_data={address: {"name": address[:9]} for address in addresses},
    )

    email = service.wait_for(key, lambda email: email["counts"] == {"delivered": 60}, 60)
    assert email["email"]["template_version"] == change["version"]


def test_template_by_hand_is_sent_by_its_name(service: Service) -> None:
    name = f"by-hand-{uuid4().hex[:8]}"
    content = {"Subject": "By hand {{name}}", "Text": "text"}
    service.aws.client("sesv2").create_email_template(TemplateName=name, TemplateContent=content)

    assert delivered(service, send(service, name)) == (None, "By hand Anna")


def test_lost_version_waits_until_it_is_pushed_again(
    service: Service, cli: Cli, stage: Stage, tmp_path: Path
) -> None:
    name = f"hello-{uuid4().hex[:8]}"
    write(tmp_path, name)
    (change,) = cli("push", name, "--folder", str(tmp_path))["changes"]
    ses_name = f"{name}--dev--{change['version']}"
    stage.client("sesv2").delete_email_template(TemplateName=ses_name)

    with short_delays(service.aws.endpoint):
        key = send(service, name)
        waiting = service.wait_for(key, lambda email: email["state"] == "queued")
    assert waiting["email"]["template_version"] is None
    assert waiting["recipients"][0]["error_message"] == f"Template {ses_name} does not exist"
    (mended,) = cli("push", name, "--folder", str(tmp_path))["changes"]
    assert mended["action"] == "mended"

    service.wait_for(key, lambda email: email["state"] == "delivered", LONGEST_DELAY_SECONDS + 60)
    assert delivered(service, key) == (change["version"], "Hi Anna")
