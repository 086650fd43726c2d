"""What `make local` prints: every address, and calls that can be pasted."""

import json
from pathlib import Path

import pytest

from local.commands.welcome import exports, variables, welcome
from local.ses.events.link_tracking import Tracking, track_html
from local.stack.local_aws import LocalAws

OUTPUTS = {
    "ApiId": "abc",
    "ConfigurationSetName": "AmsdalMail-dev",
    "EventBusName": "AmsdalMail-dev",
    "SendQueueUrl": "http://localhost:4800/000000000000/send",
    "TableName": "table",
}


@pytest.fixture
def aws(tmp_path: Path) -> LocalAws:
    made = LocalAws(tmp_path, port=4800, ses_port=4801)
    made.outputs = OUTPUTS
    return made


def test_the_addresses_of_inbox_api_and_queue_are_printed(aws: LocalAws) -> None:
    text = welcome(aws, "env")

    for address in ("http://localhost:4801/", aws.api_url, OUTPUTS["SendQueueUrl"], "source env"):
        assert address in text


def test_the_message_to_paste_has_a_link_that_is_tracked(aws: LocalAws) -> None:
    pasted = welcome(aws, "env").partition("MESSAGE='")[2].partition("'")[0]

    html = json.loads(pasted)["html_body"]

    links = track_html(html, "id", Tracking("http://localhost", clicks=True)).links
    assert [link.url for link in links] == ["https://example.com/"]


def test_the_environment_names_the_inboxs_process_for_ses_and_the_bus(aws: LocalAws) -> None:
    assert variables(aws)["AWS_ENDPOINT_URL_SESV2"] == "http://localhost:4801"
    assert variables(aws)["EVENT_BUS_NAME"] == "AmsdalMail-dev"
    assert exports({"A": "b c"}) == "export A='b c'\n"


def test_exports_survive_a_shell() -> None:
    assert exports({"API_URL": "http://x/$default"}) == "export API_URL='http://x/$default'\n"
