"""The library's choice of tracking, for each kind of call, as the simulator carries it out."""

from __future__ import annotations

from typing import Any

import pytest

from amsdal_mail import EmailMessage
from amsdal_mail.backends.ses import SESBackend
from tests.contract.ses_simulator.deployed import Deployed

LINK = "https://shop.example/reset?token=s3cr3t"
HTML = f'<p>Hi</p><a href="{LINK}">Reset</a>'
KINDS: dict[str, dict[str, Any]] = {
    "simple": {"html_body": HTML},
    "raw": {"html_body": HTML, "headers": {f"X-{number}": "a" for number in range(16)}},
    "template": {"template_id": "reset", "merge_global_data": {"link": LINK}},
    "bulk": {"template_id": "reset", "merge_data": {"ann@example.net": {"link": LINK}}},
}
CHOICES: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "the set decides": ({}, True, True),
    "no opens": ({"track_opens": False}, False, True),
    "no clicks": ({"track_clicks": False}, True, False),
    "sensitive": ({"sensitive": True}, False, False),
}


@pytest.fixture(scope="module")
def template(deployed: Deployed) -> None:
    content = {"Subject": "Reset", "Html": '<a href="{{link}}">Reset</a>'}
    deployed.ses.call("create_email_template", TemplateName="reset", TemplateContent=content)


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(("choice", "has_pixel", "has_link"), CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("kind", KINDS)
def test_pixel_and_links_follow_the_choice(
    deployed: Deployed, kind: str, choice: dict[str, Any], has_pixel: bool, has_link: bool
) -> None:
    backend = SESBackend(
        endpoint_url=deployed.ses.url,
        configuration_set="tracked",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    message = EmailMessage(
        subject="s",
        from_email="a@example.com",
        to=["ann@example.net"],
        **KINDS[kind],
        **choice,
    )

    status = backend.send_messages([message])

    html = deployed.ses.kept(str(status.message_id))["html"]
    assert ("/I0/" in html) is has_pixel
    assert ("/L0/" in html) is has_link
    assert (f'href="{LINK}"' in html) is not has_link
