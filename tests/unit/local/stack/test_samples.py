from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from local.paths import EVENTS
from local.stack import samples


def files(folder: str) -> list[Path]:
    return sorted((EVENTS / folder).glob("*.json"))


def test_a_request_has_only_the_headers_of_the_caller() -> None:
    request = samples.request("plain")

    assert (request.method, request.path) == ("POST", "/emails")
    assert request.headers["idempotency-key"] == "order-1234-confirmation"
    assert "host" not in request.headers


@pytest.mark.parametrize("path", files("send_email"), ids=lambda path: path.stem)
def test_each_queue_sample_has_the_digest_of_its_body(path: Path) -> None:
    for record in json.loads(path.read_text())["Records"]:
        digest = hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
        assert record["md5OfBody"] == digest


@pytest.mark.parametrize("path", files("api"), ids=lambda path: path.stem)
def test_route_and_length_of_each_api_sample_are_consistent(path: Path) -> None:
    event = json.loads(path.read_text())

    http = event["requestContext"]["http"]
    assert event["routeKey"] == event["requestContext"]["routeKey"]
    assert event["routeKey"].startswith(f"{http['method']} /")
    assert event["rawPath"] == http["path"]
    if "body" in event:
        assert int(event["headers"]["content-length"]) == len(event["body"].encode())


def test_the_html_shows_the_inline_image() -> None:
    message = json.loads(samples.request("html_inline_image").body)

    image = message["attachments"][0]
    assert f"cid:{image['content_id']}" in message["html_body"]
    assert base64.b64decode(image["content"]).startswith(b"\x89PNG")


def test_the_template_of_the_samples_exists() -> None:
    message = json.loads(samples.request("template_two_people").body)

    assert samples.template(message["template_id"])["TemplateName"] == message["template_id"]
