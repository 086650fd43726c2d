"""Synthesis of the stack in the test process, without the CDK command line, pip or network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_lambda as lambda_

from infra.app import build
from infra.settings import Settings
from infra.stack import AmsdalMailStack

__all__ = [
    "SynthesisedStack", "app", "as_list", "build_stack", "synthesise", "target", "text",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]

Properties = dict[str, Any]


class SynthesisedStack:
    """A synthesised template, with its resources by type."""

    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template
        self.resources: dict[str, dict[str, Any]] = template["Resources"]
        self.outputs: dict[str, dict[str, Any]] = template.get("Outputs", {})

    def of_type(self, resource_type: str) -> dict[str, Properties]:
        """Return the properties by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def only(self, resource_type: str) -> Properties:
        """Return the properties of the only resource of its type."""
        (properties,) = self.of_type(resource_type).values()
        return properties

    def find(self, resource_type: str, prefix: str) -> tuple[str, Properties]:
        """Return the only resource of its type whose logical id has the prefix."""
        (resource,) = (
            item for item in self.of_type(resource_type).items() if item[0].startswith(prefix)
        )
        return resource

    def statements(self, prefix: str) -> list[Properties]:
        """Return all statements of the policies whose logical id has the prefix."""
        policies = self.of_type("AWS::IAM::Policy").items()
        return [
            statement
            for logical_id, policy in policies
            if logical_id.startswith(prefix)
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def target(value: Any) -> str:
    """Return the logical id that a Ref or Fn::GetAtt points to."""
    if "Ref" in value:
        return str(value["Ref"])
    return str(value["Fn::GetAtt"][0])


def as_list(value: Any) -> list[Any]:
    """Return the value as a list. IAM writes a list of length 1 as its element."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """Return a Fn::Join as a string, with its references as ${LogicalId}."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator.join(text(part) for part in parts))
    return f"${{{target(value)}}}"


def app(outdir: Path) -> cdk.App:
    """Return an app with the context of cdk.json."""
    return cdk.App(context=CONTEXT, outdir=str(outdir))


def build_stack(
    folder: Path, application: cdk.App | None = None, **settings: Any
) -> AmsdalMailStack:
    """Build the stack with an empty file instead of the asset."""
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "handler.py").touch()
    application = application or app(folder / "out")
    return build(application, Settings(**settings), lambda_.Code.from_asset(str(code)))


def synthesise(folder: Path, **settings: Any) -> SynthesisedStack:
    """Return the stack with these settings, and defaults for the others."""
    template = assertions.Template.from_stack(build_stack(folder, **settings))
    return SynthesisedStack(dict(template.to_json()))
