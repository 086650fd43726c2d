"""docs/errors.md names every error class, error code and HTTP status that the code can give."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from http import HTTPStatus
from types import ModuleType

import botocore.exceptions
import botocore.parsers
import pytest

import amsdal_mail
import email_store
import function_runtime
import send_email
import track_events
from amsdal_mail.backends.aws import errors
from amsdal_mail.exceptions import MailError
from amsdal_mail.tracking import parse_event
from send_email.sending.backoff import RATE_LIMITED
from tests.docs.pages import DOCS, ROOT, Page
from tests.sample_events import load
from track_events.records import recipient_record

PAGE = Page(DOCS / "errors.md")
PACKAGES = (amsdal_mail, email_store, function_runtime, send_email, track_events)
NOT_IMPORTED = ("send_email.function", "track_events.function", "amsdal_mail.django")
"""Modules that connect to AWS when they are imported, or that need Django."""


def modules(package: ModuleType) -> list[ModuleType]:
    submodules = pkgutil.walk_packages(package.__path__, f"{package.__name__}.", _skip)
    names = (module.name for module in submodules if not module.name.startswith(NOT_IMPORTED))
    return [package, *map(importlib.import_module, names)]


def _skip(name: str) -> None:
    assert name.startswith(NOT_IMPORTED), f"{name} cannot be imported"


def error_classes() -> list[type[Exception]]:
    classes = {
        value
        for package in PACKAGES
        for module in modules(package)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    prefixes = tuple(package.__name__ for package in PACKAGES)
    errors = (error for error in classes if error.__module__.startswith(prefixes))
    return sorted(errors, key=lambda error: error.__name__)


CLASSES = error_classes()
SAMPLES = sorted(path.stem for path in (ROOT / "events/ses").glob("*.json"))


def test_error_classes_are_found() -> None:
    names = {error.__name__ for error in CLASSES}

    assert {"MailError", "RetryableError", "StoreError", "QueueError", "PublishError"} <= names


@pytest.mark.parametrize("error", CLASSES, ids=[error.__name__ for error in CLASSES])
def test_error_class_has_a_heading(error: type[Exception]) -> None:
    assert error.__name__.lower() in PAGE.anchors


@pytest.mark.parametrize(
    "error", [e for e in CLASSES if issubclass(e, MailError)], ids=lambda e: e.__name__
)
def test_docs_url_leads_to_the_heading(error: type[MailError]) -> None:
    page, _, anchor = error.docs_url.partition("#")

    assert page.endswith(("docs/errors.md", "errors.html"))
    assert anchor == error.__name__.lower()
    assert anchor in PAGE.anchors


def test_every_code_of_the_tables_is_on_the_page() -> None:
    codes = {*errors.ERROR_CODES, *errors.BULK_STATUSES, RATE_LIMITED}

    assert sorted(codes - PAGE.codes()) == []


def test_every_code_written_in_the_code_is_on_the_page() -> None:
    sources = [path.read_text() for path in (ROOT / "lambdas").rglob("*.py")]
    codes = {code for text in sources for code in re.findall(r'error_code="(\w+)"', text)}

    assert {"Cancelled", "NoResult"} <= codes
    assert sorted(codes - PAGE.codes()) == []


def test_each_sdk_error_of_the_table_is_on_the_page() -> None:
    sdk = (botocore.exceptions, botocore.parsers)
    names = {
        value.__name__
        for value in vars(errors).values()
        if inspect.isclass(value) and value.__module__ in {module.__name__ for module in sdk}
    }

    assert len(names) > 5
    assert sorted(names - PAGE.codes()) == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_code_of_the_event_is_on_the_page(sample: str) -> None:
    records = [recipient_record(event) for event in parse_event(load(f"ses/{sample}"))]
    codes = {record.error_code for record in records if record and record.error_code}

    assert sorted(codes - PAGE.codes()) == []


def test_every_http_status_is_on_the_page() -> None:
    sources = [path.read_text() for path in (ROOT / "lambdas/send_email").rglob("*.py")]
    names = {name for text in sources for name in re.findall(r"HTTPStatus\.([A-Z_]+)", text)}
    described = {code for text in sources for code in re.findall(r'"([245]\d\d)"', text)}
    statuses = {str(HTTPStatus[name].value) for name in names} | described

    assert {"200", "202", "422", "503"} <= statuses
    assert sorted(statuses - PAGE.codes()) == []
