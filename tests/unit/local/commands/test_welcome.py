"""The text and the variables of `make local`: addresses, and calls that can be pasted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.commands.welcome import shell_variables, welcome_text
from local.ses.events.link_tracking import Tracking, track_html
from local.stack.environment import export_lines
from local.stack.local_aws import LocalAWS

OUTPUTS = {
    "ApiId": "abc",
    "ConfigurationSetName": "AmsdalMail-dev",
    "ContentBucketName": "contents",
    "EventBusName": "AmsdalMail-dev",
    "SendQueueUrl": "http://localhost:4800/000000000000/send",
    "BulkQueueUrl": "http://localhost:4800/000000000000/bulk",
    "TableName": "table",
}


@pytest.fixture
def aws(tmp_path: Path) -> LocalAWS:
    local_aws = LocalAWS(tmp_path, port=4800, ses_port=4801)
    local_aws.outputs = OUTPUTS
    return local_aws


def test_the_addresses_of_inbox_api_and_queue_are_printed(aws: LocalAWS) -> None:
    text = welcome_text(aws, "env")

    for address in ("http://localhost:4801/", aws.api_url, OUTPUTS["SendQueueUrl"], "source env"):
        assert address in text


def test_the_message_to_paste_has_a_link_that_is_tracked(aws: LocalAWS) -> None:
    pasted = welcome_text(aws, "env").partition("MESSAGE='")[2].partition("'")[0]

    html = json.loads(pasted)["html_body"]

    links = track_html(html, "id", Tracking("http://localhost", clicks=True)).links
    assert [link.url for link in links] == ["https://example.com/"]


def test_the_variables_name_the_simulator_and_the_bus(aws: LocalAWS) -> None:
    assert shell_variables(aws)["AWS_ENDPOINT_URL_SESV2"] == "http://localhost:4801"
    assert shell_variables(aws)["EVENT_BUS_NAME"] == "AmsdalMail-dev"
    assert shell_variables(aws)["AMSDAL_MAIL_STAGE"] == "local:4800"


def test_a_value_with_a_space_is_quoted() -> None:
    assert export_lines({"A": "b c"}).endswith("\nexport A='b c'\n")


def test_a_value_with_a_dollar_is_quoted() -> None:
    lines = export_lines({"API_URL": "http://x/$default"})

    assert lines.endswith("\nexport API_URL='http://x/$default'\n")
