"""Parameters that the installed SDK does not know: its model shows them before the send."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
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


class Client:
    """Stands for a boto3 client of an SDK with this model."""

    def __init__(self, model: ServiceModel) -> None:
        self.meta = SimpleNamespace(service_model=model)
        self.sent: list[dict[str, Any]] = []

    def send_email(self, **params: Any) -> dict[str, str]:
        self.sent.append(params)
        return {"MessageId": "0100-a"}


def backend_with(client: Client, **options: Any) -> SESBackend:
    session: Any = SimpleNamespace(region_name="eu-west-1", client=lambda *_, **__: client)
    return SESBackend(environ={}, session=session, **options)


@pytest.mark.parametrize(
    ("operation", "path", "is_supported"),
    [
        ("SendEmail", "Content.Simple.Attachments", True),
        ("SendEmail", "Content.Simple.Attachments.FileName", True),
        ("SendBulkEmail", "BulkEmailEntries.Destination.ToAddresses", True),
        ("SendEmail", "Content.Simple.Novelty", False),
        ("SendEmail", "Novelty.Simple", False),
        ("SendEmail", "FromEmailAddress.Novelty", False),
        ("SendNovelty", "FromEmailAddress", False),
    ],
)
def test_parameter_is_looked_up_in_the_model(operation: str, path: str, is_supported: bool) -> None:
    assert supports_parameter(SES_MODEL, operation, path) is is_supported


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("TenantName", "1.40.0"),
        ("ConfigurationOverrides", "1.43.76"),
        ("Content.Template.TemplateContent", "1.35.53"),
        ("Content.Template.Attachments", "1.37.30"),
    ],
)
def test_error_names_parameter_and_version(path: str, version: str) -> None:
    shape = "Template" if path.startswith("Content.Template.") else "SendEmailRequest"
    model = older_model(**{shape: path.rpartition(".")[2]})

    with pytest.raises(ConfigurationError) as caught:
        require_parameters(model, "SendEmail", ["FromEmailAddress", path])

    assert str(caught.value) == (
        f"SendEmail needs botocore {version} or later for the parameter {path},"
        f" but botocore {botocore.__version__} is installed"
    )


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
def test_template_that_the_sdk_cannot_send_stops_the_whole_send(
    member: str, fields: dict[str, Any], text: str
) -> None:
    client = Client(older_model(Template=member))

    with pytest.raises(ConfigurationError, match=text):
        backend_with(client).send_messages([message(), message(**fields)])

    assert client.sent == []


@pytest.mark.parametrize(("removed", "kind"), [({}, "Simple"), ({"Message": "Attachments"}, "Raw")])
def test_send_follows_the_model_of_its_client(removed: dict[str, str], kind: str) -> None:
    client = Client(older_model(**removed))

    status = backend_with(client).send_messages([message(attachments=ATTACHMENTS)])

    assert status.is_success
    assert [list(params["Content"]) for params in client.sent] == [[kind]]


def test_send_one_adds_the_tags_of_the_sender() -> None:
    client = Client(SES_MODEL)

    backend_with(client).send_one(message(tags=["a"]), extra_tags={"email_id": "e1"})

    (params,) = client.sent
    assert params["EmailTags"] == [
        {"Name": "a", "Value": "true"},
        {"Name": "email_id", "Value": "e1"},
    ]
