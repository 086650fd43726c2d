"""The versions of templates on a stage: their content in SES, and what the stage points to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from amsdal_mail.cli.stack import STACK_PREFIX
from amsdal_mail.cli.templates.content import TemplateContent
from amsdal_mail.cli.templates.errors import VersionConflictError
from amsdal_mail.cli.templates.names import ses_name_of

if TYPE_CHECKING:
    from amsdal_mail.cli.stack import Stage

__all__ = ["SESTemplates", "StageTemplates", "TemplateVersions", "Version", "VersionTable"]

PARTITION = "TEMPLATES"
"""The items that the send function reads. `tests/contract/email_store` holds both sides to it."""
PACE = 1.05
"""Seconds between two calls. SES takes one a second of each that writes or lists templates:
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateEmailTemplate.html."""
THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a template, with its name in SES and when it was pushed last."""

    version: str
    ses_name: str
    pushed_at: str


@dataclass(frozen=True, slots=True)
class TemplateVersions:
    """What a stage knows of a template. `versions` has the newest push first."""

    name: str
    version: str
    versions: tuple[Version, ...]
    revision: int = 0
    """Grows with each change. 0 for a template that the stage does not have."""

    @property
    def current(self) -> Version | None:
        """The version that the stage sends."""
        return self.find(self.version)

    def find(self, version: str) -> Version | None:
        """Return a version that is kept."""
        return next((each for each in self.versions if each.version == version), None)

    @property
    def previous(self) -> Version | None:
        """The version that was pushed before the one that the stage sends."""
        numbers = [each.version for each in self.versions]
        place = numbers.index(self.version) + 1 if self.version in numbers else 0
        return self.versions[place] if place < len(self.versions) else None


class VersionTable:
    """The items of the table that point from each template to its version."""

    def __init__(self, client: Any, table_name: str) -> None:
        from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

        self._client = client
        self._table = table_name
        self._to_attribute = TypeSerializer().serialize
        self._from_attribute = TypeDeserializer().deserialize

    def all(self) -> dict[str, TemplateVersions]:
        """Return the templates of the stage by name."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": PARTITION}},
        )
        found = [self._read(item) for page in pages for item in page["Items"]]
        return {each.name: each for each in found}

    def get(self, name: str) -> TemplateVersions:
        """Return what the stage knows of a template; no version for an unknown one."""
        response = self._client.get_item(
            TableName=self._table,
            Key={"pk": {"S": PARTITION}, "sk": {"S": name}},
            ConsistentRead=True,
        )
        item = response.get("Item")
        return self._read(item) if item else TemplateVersions(name, "", ())

    def put(self, versions: TemplateVersions) -> TemplateVersions:
        """Store the next revision of what was read, and return it.

        Raises:
            VersionConflictError: the template was changed since it was read.
        """
        current = versions.current
        assert current is not None  # noqa: S101 - a stage points only to a version that it lists
        item = {
            "pk": PARTITION,
            "sk": versions.name,
            "version": current.version,
            "ses_name": current.ses_name,
            "versions": [
                {"version": each.version, "ses_name": each.ses_name, "pushed_at": each.pushed_at}
                for each in versions.versions
            ],
            "revision": versions.revision + 1,
        }
        is_same = "revision = :revision" if versions.revision else "attribute_not_exists(pk)"
        values = {":revision": {"N": str(versions.revision)}} if versions.revision else None
        try:
            self._client.put_item(
                TableName=self._table,
                Item={name: self._to_attribute(value) for name, value in item.items()},
                ConditionExpression=is_same,
                **({"ExpressionAttributeValues": values} if values else {}),
            )
        except ClientError as error:
            if _code(error) != "ConditionalCheckFailedException":
                raise
            raise VersionConflictError(
                f"The template {versions.name} was changed on the stage meanwhile.",
                "Look at `templates diff`, and run the command again.",
            ) from error
        return replace(versions, revision=versions.revision + 1)

    def _read(self, item: Mapping[str, Any]) -> TemplateVersions:
        values = {name: self._from_attribute(value) for name, value in item.items()}
        kept = tuple(
            Version(each["version"], each["ses_name"], each["pushed_at"])
            for each in values["versions"]
        )
        return TemplateVersions(values["sk"], values["version"], kept, int(values["revision"]))


class SESTemplates:
    """The templates of SES, at the pace that it takes."""

    def __init__(
        self,
        client: Any,
        pace: float = PACE,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._pace = pace
        self._sleep = sleep
        self._clock = clock
        self._free_at = 0.0

    def get(self, ses_name: str) -> TemplateContent | None:
        """Return the content of a template; None where there is none."""
        try:
            response = self._call("get_email_template", 0, TemplateName=ses_name)
        except self._client.exceptions.NotFoundException:
            return None
        return TemplateContent.from_ses(response["TemplateContent"])

    def create(self, ses_name: str, content: TemplateContent) -> bool:
        """Create a template, and wait until SES shows it. Return False when the name is taken.

        An email that names a template which SES does not show yet would wait for minutes.
        """
        try:
            self._call(
                "create_email_template",
                self._pace,
                TemplateName=ses_name,
                TemplateContent=content.to_ses(),
            )
        except self._client.exceptions.AlreadyExistsException:
            return False
        for attempt in range(TRIES):
            if self.get(ses_name) is not None:
                break
            self._sleep(2**attempt)
        return True

    def delete(self, ses_name: str) -> None:
        """Delete a template. It may be gone already."""
        try:
            self._call("delete_email_template", self._pace, TemplateName=ses_name)
        except self._client.exceptions.NotFoundException:
            return

    def names(self) -> Iterator[str]:
        """Return the names of all templates of the account in this region."""
        token: dict[str, str] = {}
        while True:
            page = self._call("list_email_templates", self._pace, PageSize=100, **token)
            for entry in page["TemplatesMetadata"]:
                yield entry["TemplateName"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _call(self, operation: str, pace: float, **params: Any) -> Any:
        for attempt in range(TRIES):
            if pace:
                wait = self._free_at - self._clock()
                if wait > 0:
                    self._sleep(wait)
                self._free_at = self._clock() + pace
            try:
                return getattr(self._client, operation)(**params)
            except ClientError as error:
                if _code(error) not in THROTTLED or attempt == TRIES - 1:
                    raise
                self._sleep(2**attempt)
        raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class StageTemplates:
    """The templates of a stage."""

    table: VersionTable
    ses: SESTemplates
    stage: str
    """A part of the name of each version in SES."""

    @classmethod
    def of(cls, stage: Stage) -> StageTemplates:
        """Return the templates of a deployed stage. A local AWS needs no pace.

        Raises:
            StageError: the stack is of an earlier version.
        """
        table = VersionTable(stage.client("dynamodb"), stage.output("TableName"))
        ses = SESTemplates(stage.client("sesv2"), 0 if stage.is_local else PACE)
        return cls(table, ses, stage.stack_name.removeprefix(STACK_PREFIX))

    def ses_name(self, name: str, version: str) -> str:
        """Return the name of a version in SES."""
        return ses_name_of(name, self.stage, version)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
