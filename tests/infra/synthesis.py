"""Synthesises the stack in this process, without the CDK's command line, pip or network."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_lambda as lambda_

from infra.app import build
from infra.settings import Settings
from infra.stack import AmsdalMailStack

ROOT = Path(__file__).resolve().parents[2]
FLAGS = json.loads((ROOT / "cdk.json").read_text())["context"]

Properties = dict[str, Any]


class SynthesisedStack:
    """A synthesised template, asked by resource type."""

    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template
        self.resources: dict[str, dict[str, Any]] = template["Resources"]
        self.outputs: dict[str, dict[str, Any]] = template.get("Outputs", {})

    def of_type(self, resource_type: str) -> dict[str, Properties]:
        """Properties by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def only(self, resource_type: str) -> Properties:
        """Properties of the one resource of its type."""
        (properties,) = self.of_type(resource_type).values()
        return properties

    def find(self, resource_type: str, prefix: str) -> tuple[str, Properties]:
        """The one resource of its type whose logical id starts so."""
        found = [i for i in self.of_type(resource_type).items() if i[0].startswith(prefix)]
        (pair,) = found
        return pair

    def statements(self, prefix: str) -> list[Properties]:
        """All statements of the policies whose logical id starts so."""
        policies = self.of_type("AWS::IAM::Policy").items()
        return [
            statement
            for logical_id, policy in policies
            if logical_id.startswith(prefix)
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def target(value: Any) -> str:
    """The logical id that a Ref or Fn::GetAtt points to."""
    if "Ref" in value:
        return str(value["Ref"])
    return str(value["Fn::GetAtt"][0])


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one as the thing itself."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A Fn::Join as one string, its references as ${LogicalId}."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator.join(text(part) for part in parts))
    return f"${{{target(value)}}}"


def app(outdir: Path) -> cdk.App:
    """An app with the flags of cdk.json."""
    return cdk.App(context=FLAGS, outdir=str(outdir))


def build_stack(
    folder: Path, application: cdk.App | None = None, **settings: Any
) -> AmsdalMailStack:
    """Build the stack with an asset of one empty file instead of the real one."""
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "handler.py").touch()
    application = application or app(folder / "out")
    return build(application, Settings(**settings), lambda_.Code.from_asset(str(code)))


def synthesise(folder: Path, **settings: Any) -> SynthesisedStack:
    """Synthesise with these settings (defaults for the others)."""
    template = assertions.Template.from_stack(build_stack(folder, **settings))
    return SynthesisedStack(dict(template.to_json()))
