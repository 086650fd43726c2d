"""A running SES simulator, with a client that calls it like SES.

boto3 parses every response by the service model. `call` also validates each parsed response by the
model, so a field with a wrong name or type fails.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

__all__ = ["SENDER", "SIMPLE", "WELCOME", "Simulator", "raw", "template", "to"]

SENDER = "Shop <orders@example.com>"
SIMPLE = {"Simple": {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "x"}}}}
WELCOME = {"Subject": "Hi {{name}}", "Html": "<b>{{name}}</b>{{#if vip}}!{{/if}}"}


class Simulator:
    """The SESv2 client of the process, and its control path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ses = boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        ).client("sesv2", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        method = self.ses.meta.method_to_api_mapping[operation]
        response = dict(getattr(self.ses, operation)(**arguments))
        status = response.pop("ResponseMetadata")["HTTPStatusCode"]
        shape: Any = self.ses.meta.service_model.operation_model(method).output_shape
        assert status == 200
        assert ParamValidator().validate(response, shape).generate_report() == ""
        assert set(response) <= set(shape.members)
        return response

    def send(self, to: str = "ann@example.net", **changes: Any) -> str:
        arguments = {
            "FromEmailAddress": SENDER,
            "Destination": {"ToAddresses": [to]},
            "Content": SIMPLE,
            **changes,
        }
        return str(self.call("send_email", **arguments)["MessageId"])

    def refusal(self, operation: str = "send_email", **arguments: Any) -> tuple[int, str, str]:
        if operation == "send_email":
            given = {"FromEmailAddress": SENDER, "Content": SIMPLE}
            given["Destination"] = {"ToAddresses": ["ann@example.net"]}
            arguments = {**given, **arguments}
        with pytest.raises(ClientError) as refused:
            getattr(self.ses, operation)(**arguments)
        response = refused.value.response
        error = response["Error"]
        return response["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_local{path}", content, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def switch(self, **change: Any) -> None:
        self.control("PUT", "/switches", change)

    def kept(self, message_id: str) -> dict[str, Any]:
        return dict(self.control("GET", f"/messages/{message_id}"))

    def settled(self, message_id: str) -> dict[str, Any]:
        """Return the message when its events are published."""
        deadline = time.monotonic() + 10
        while self.control("GET", "/health")["messages_with_pending_events"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.kept(message_id)


def template(**changes: Any) -> dict[str, Any]:
    return {"Template": {"TemplateName": "welcome", "TemplateData": "{}", **changes}}


def raw(text: str) -> dict[str, Any]:
    return {"Raw": {"Data": text.encode()}}


def to(*addresses: str) -> dict[str, Any]:
    return {"ToAddresses": list(addresses)}
