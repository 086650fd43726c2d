"""An SDK that does not know a parameter yet: found in its model, before anything is sent."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from amsdal_mail import Attachment, ConfigurationError, EmailMessage
from amsdal_mail.backends.aws.service_model import require_parameters, supports_parameter
from amsdal_mail.backends.ses import SESBackend
from amsdal_mail.backends.ses.requests import build_requests
from tests.unit.amsdal_mail.backends.responses import SES_MODEL

DOCUMENT: dict[str, Any] = Loader().load_service_model("sesv2", "service-2")
ATTACHMENTS = [Attachment("a.txt", b"text", "text/plain")]


def older_model(**removed: str) -> ServiceModel:
    """Return the model of an SDK that does not know one member of some shapes."""
    shapes = dict(DOCUMENT["shapes"])
    for shape, removed_member in removed.items():
        members = shapes[shape]["members"].items()
        others = {name: member for name, member in members if name != removed_member}
        shapes[shape] = {**shapes[shape], "members": others}
    return ServiceModel({**DOCUMENT, "shapes": shapes}, "sesv2")


def message(**fields: Any) -> EmailMessage:
    return EmailMessage(
        **{"subject": "Hi", "body": "b", "from_email": "f@x.io", "to": ["a@x.io"]} | fields
    )


@pytest.mark.parametrize(
    ("operation", "path", "is_supported"),
    [
        ("SendEmail", "Content.Simple.Attachments", True),
        ("SendEmail", "Content.Simple.Attachments.FileName", True),
        ("SendBulkEmail", "BulkEmailEntries.Destination.ToAddresses", True),
        ("SendEmail", "Content.Simple.Novelty", False),
        ("SendEmail", "Novelty.Simple", False),
        ("SendEmail", "FromEmailAddress.Novelty", False),
    ],
)
def test_parameter_is_looked_up_in_the_model(operation: str, path: str, is_supported: bool) -> None:
    assert supports_parameter(SES_MODEL, operation, path) is is_supported


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("TenantName", "botocore 1.40.0 or later"),
        ("ConfigurationOverrides.Tracking", "botocore 1.43.76 or later"),
        ("Content.Simple.Novelty", "a later botocore"),
    ],
)
def test_error_names_parameter_and_version(path: str, version: str) -> None:
    model = older_model(
        SendEmailRequest="TenantName", **_if_known("ConfigurationOverrides", "Tracking")
    )

    with pytest.raises(ConfigurationError) as caught:
        require_parameters(model, "SendEmail", ["FromEmailAddress", path])

    assert str(caught.value) == (
        f"SendEmail needs {version} for the parameter {path},"
        f" but botocore {botocore.__version__} is installed"
    )


def _if_known(shape: str, member: str) -> dict[str, str]:
    members = DOCUMENT["shapes"].get(shape, {}).get("members", {})
    return {shape: member} if member in members else {}


def test_attachments_go_as_mime_with_an_sdk_without_them() -> None:
    model = older_model(Message="Attachments")

    (request,) = build_requests(message(attachments=ATTACHMENTS), None, model)

    raw = request.params["Content"]["Raw"]["Data"]
    (attachment,) = message_from_bytes(raw, policy=default).iter_attachments()
    assert attachment.get_filename() == "a.txt"


def test_message_without_attachments_needs_no_attachments() -> None:
    model = older_model(Message="Attachments", Template="Attachments")

    (plain,) = build_requests(message(), None, model)
    (template,) = build_requests(message(template_id="t"), None, model)

    assert "Simple" in plain.params["Content"]
    assert "Template" in template.params["Content"]


NEEDED: dict[str, tuple[str, dict[str, Any], str]] = {
    "attachments of a template": (
        "Attachments",
        {"template_id": "t", "attachments": ATTACHMENTS},
        "SendEmail needs botocore 1.37.30 .* Content.Template.Attachments",
    ),
    "attachments of a bulk template": (
        "Attachments",
        {"template_id": "t", "merge_data": {}, "attachments": ATTACHMENTS},
        "SendBulkEmail needs botocore 1.37.30 .* DefaultContent.Template.Attachments",
    ),
    "inline template": (
        "TemplateContent",
        {"merge_global_data": {"a": 1}},
        "SendEmail needs botocore 1.35.53 .* Content.Template.TemplateContent",
    ),
    "inline bulk template": (
        "TemplateContent",
        {"merge_data": {}},
        "SendBulkEmail needs botocore 1.35.53 .* DefaultContent.Template.TemplateContent",
    ),
}


@pytest.mark.parametrize(("member", "fields", "text"), NEEDED.values(), ids=NEEDED)
def test_template_that_the_sdk_cannot_send_stops_the_whole_plan(
    member: str, fields: dict[str, Any], text: str
) -> None:
    backend = SESBackend(environ={}, region_name="eu-west-1")

    with pytest.raises(ConfigurationError, match=text):
        backend.plan([message(), message(**fields)], older_model(Template=member))
