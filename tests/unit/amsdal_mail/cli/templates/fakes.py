"""Fakes of SES and DynamoDB, and a folder of templates, for the commands of templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from amsdal_mail.cli.stack import Stage
from amsdal_mail.cli.templates.content import Template, TemplateContent
from amsdal_mail.cli.templates.versions import SESTemplates, StageTemplates, VersionTable

__all__ = ["FakeSES", "FakeTable", "World", "template", "write"]

HELLO = TemplateContent("Hi {{name}}", "Hello {{name}}", '<html lang="en">Hello {{name}}</html>')


def error(code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


class NotFoundException(ClientError):  # noqa: N818 - as botocore names it
    pass


class AlreadyExistsException(ClientError):  # noqa: N818
    pass


class Exceptions:
    NotFoundException = NotFoundException
    AlreadyExistsException = AlreadyExistsException


@dataclass
class FakeSES:
    """The template calls of sesv2. Each call is kept by its name."""

    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    throttled: int = 0
    hidden: int = 0
    """How many times a template is not shown yet."""
    before: Callable[[str], None] = lambda _: None
    exceptions = Exceptions()
    page_size: int = 2

    def create_email_template(self, *, TemplateName: str, TemplateContent: dict[str, str]) -> Any:  # noqa: N803
        self._call("create")
        if TemplateName in self.templates:
            raise AlreadyExistsException({"Error": {"Code": "AlreadyExistsException"}}, "Create")
        self.templates[TemplateName] = TemplateContent
        return {}

    def get_email_template(self, *, TemplateName: str) -> Any:  # noqa: N803
        self._call("get")
        self._must_have(TemplateName)
        return {"TemplateName": TemplateName, "TemplateContent": self.templates[TemplateName]}

    def delete_email_template(self, *, TemplateName: str) -> Any:  # noqa: N803
        self._call("delete")
        self._must_have(TemplateName)
        del self.templates[TemplateName]
        return {}

    def list_email_templates(self, *, PageSize: int, NextToken: str = "0") -> Any:  # noqa: N803
        self._call("list")
        assert PageSize <= 100
        start = int(NextToken)
        end = start + self.page_size
        names = list(self.templates)[start:end]
        token = {"NextToken": str(end)} if end < len(self.templates) else {}
        return {"TemplatesMetadata": [{"TemplateName": name} for name in names], **token}

    def _call(self, name: str) -> None:
        self.before(name)
        self.calls.append(name)
        if self.throttled:
            self.throttled -= 1
            raise error("TooManyRequestsException")

    def _must_have(self, name: str) -> None:
        self.hidden, is_hidden = max(0, self.hidden - 1), self.hidden > 0
        if name not in self.templates or is_hidden:
            raise NotFoundException({"Error": {"Code": "NotFoundException"}}, "Get")


@dataclass
class FakeTable:
    """The part of DynamoDB that the version table uses, with its two conditions."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    before_put: Callable[[], None] = lambda: None

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        item = self.items.get(Key["sk"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, *, Item: dict[str, Any], ConditionExpression: str, **params: Any) -> Any:  # noqa: N803
        self.before_put()
        stored = self.items.get(Item["sk"]["S"])
        if ConditionExpression == "attribute_not_exists(pk)":
            holds = stored is None
        else:
            wanted = params["ExpressionAttributeValues"][":revision"]
            holds = stored is not None and stored["revision"] == wanted
        if not holds:
            raise error("ConditionalCheckFailedException", "PutItem")
        self.items[Item["sk"]["S"]] = Item
        return {}

    def get_paginator(self, operation: str) -> FakeTable:
        assert operation == "query"
        return self

    def paginate(self, **_: Any) -> Iterable[dict[str, Any]]:
        items = list(self.items.values())
        return [{"Items": items[:1]}, {"Items": items[1:]}]


@dataclass
class World:
    """A stage with its SES and its table."""

    ses: FakeSES = field(default_factory=FakeSES)
    dynamodb: FakeTable = field(default_factory=FakeTable)
    time: float = 0.0
    sleeps: list[float] = field(default_factory=list)
    pace: float = 0.0

    @property
    def table(self) -> VersionTable:
        return VersionTable(self.dynamodb, "emails")

    @property
    def templates(self) -> StageTemplates:
        return self.stage_templates("dev")

    def stage_templates(self, stage: str) -> StageTemplates:
        ses = SESTemplates(self.ses, self.pace, sleep=self._sleep, clock=lambda: self.time)
        return StageTemplates(self.table, ses, stage)

    def stage(self) -> Stage:
        """The stage as a command finds it."""
        return Stage(
            "dev",
            "eu-west-1",
            "AmsdalMail-dev",
            {"TableName": "emails"},
            self,  # type: ignore[arg-type]
            is_local=True,
        )

    def client(self, service: str, **_: Any) -> Any:
        return {"sesv2": self.ses, "dynamodb": self.dynamodb}[service]

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds


def template(name: str = "hello", content: TemplateContent = HELLO, **sample: Any) -> Template:
    return Template(name, content, sample or {"name": "Anna"})


def numbered(number: int) -> Template:
    """A template with another content for each number."""
    return template(content=TemplateContent(f"Hi {number}", HELLO.text, HELLO.html))


def write(folder: Path, name: str = "hello", **files: str | bytes) -> Path:
    """Write the files of a good template, with changes. An empty one is left out."""
    sources: dict[str, str | bytes] = {
        "subject.txt": f"{HELLO.subject}\n",
        "text.txt": HELLO.text,
        "html.html": HELLO.html,
        "sample.json": json.dumps({"name": "Anna"}),
    }
    sources |= {file.replace("_", "."): text for file, text in files.items()}
    (folder / name).mkdir(parents=True, exist_ok=True)
    for file, text in sources.items():
        if text:
            content = text.encode() if isinstance(text, str) else text
            (folder / name / file).write_bytes(content)
    return folder / name
